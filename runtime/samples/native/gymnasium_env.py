"""Our simulators in Gymnasium's interface, and a bundle that plays in them.

    import gymnasium_env
    env = gymnasium_env.make("CartPole-v1", render_mode="rgb_array")
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())

With gymnasium installed, environments are gymnasium.Env and gymnasium.vector.VectorEnv, with its spaces; without it, they are the same
but for the base class. With numpy, arrays are numpy's; without it, flat array.array.

    gymnasium_env.py LIBRARY BUNDLE [SEED]      plays an episode, then eight side by side
"""

import array
import random
import sys

import worldmodels

try:
    import numpy
except ImportError:
    numpy = None
try:
    import gymnasium
    from gymnasium.spaces import Box, Discrete
    from gymnasium.vector.utils import batch_space
except ImportError:
    gymnasium = None


if gymnasium is None:
    class Discrete:
        """The integers 0 to n - 1."""

        def __init__(self, n):
            self.n, self.shape, self._random = n, (), random.Random()

        def seed(self, seed=None):
            self._random.seed(seed)

        def sample(self):
            return self._random.randrange(self.n)

        def contains(self, value):
            return 0 <= value < self.n

        def __repr__(self):
            return f"Discrete({self.n})"

    class Box:
        """Reals between two bounds, which are those of every element."""

        def __init__(self, low, high, shape):
            self.low, self.high, self.shape, self._random = low, high, shape, random.Random()

        def seed(self, seed=None):
            self._random.seed(seed)

        def sample(self):
            return _array([self._draw() for _ in range(_count(self.shape))], "f", self.shape)

        def contains(self, value):
            flat = value.ravel() if numpy else value
            return len(flat) == _count(self.shape) and all(self.low <= number <= self.high for number in flat)

        def _draw(self):
            bounded = self.low > float("-inf") and self.high < float("inf")
            return self._random.uniform(self.low, self.high) if bounded else self._random.gauss(0, 1)

        def __repr__(self):
            return f"Box({self.low}, {self.high}, {self.shape})"


def _count(shape):
    count = 1
    for axis in shape:
        count *= axis
    return count


def _array(values, code, shape):
    """Numbers as numpy's array of a shape or, without numpy, as a flat array."""
    return array.array(code, values) if numpy is None else numpy.array(values, code).reshape(shape)


def _space(space):
    if space.discrete:
        return Discrete(space.count)
    if gymnasium is None:
        return Box(space.low, space.high, space.shape)
    return Box(space.low, space.high, space.shape, numpy.float32)


class Env(object if gymnasium is None else gymnasium.Env):
    """A simulator. Names are ours, Gymnasium's ids and the control suite's."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}
    render_mode = None
    spec = None

    def __init__(self, name, render_mode=None, action_repeat=1, height=256):
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode is rgb_array or None, not {render_mode!r}.")
        self._simulator = worldmodels.Simulator(name, action_repeat)
        self.render_mode = render_mode
        self._size = (max(1, round(height * self._simulator.aspect)), height)
        if self._simulator.time_step:
            self.metadata = {**self.metadata, "render_fps": round(1 / self._simulator.time_step)}
        self.observation_space = _space(self._simulator.observation_space)
        self.action_space = _space(self._simulator.action_space)

    def reset(self, *, seed=None, options=None):
        """The first observation, and no further information."""
        if gymnasium is not None:
            super().reset(seed=seed)
        return self._seen(self._simulator.reset(seed)), {}

    def step(self, action):
        """Observation, reward, terminated, truncated, and no further information."""
        observation, reward, terminated, truncated = self._simulator.step(action)
        return self._seen(observation), reward, terminated, truncated, {}

    def render(self):
        """The picture, (height, width, 3) bytes; None where render_mode is."""
        if self.render_mode is None:
            return None
        width, height = self._size
        return _array(self._simulator.render(width, height), "B", (height, width, 3))

    def close(self):
        self._simulator.close()

    def _seen(self, observation):
        return _array(observation, "f", self.observation_space.shape)


class VectorEnv(object if gymnasium is None else gymnasium.vector.VectorEnv):
    """Simulators in lock step, whose episodes begin anew in the step in which they end (Gymnasium's AutoresetMode.SAME_STEP)."""

    metadata = {"render_modes": []}
    spec = None

    def __init__(self, name, num_envs, action_repeat=1):
        self._simulators, self.num_envs = worldmodels.Simulators(name, num_envs, action_repeat), num_envs
        self.single_observation_space = _space(self._simulators.observation_space)
        self.single_action_space = _space(self._simulators.action_space)
        if gymnasium is not None:
            self.observation_space = batch_space(self.single_observation_space, num_envs)
            self.action_space = batch_space(self.single_action_space, num_envs)
            self.metadata = {**self.metadata, "autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}

    def reset(self, *, seed=None, options=None):
        """The first observations (num_envs, ...), and no further information."""
        return self._seen(self._simulators.reset(random.getrandbits(63) if seed is None else seed)), {}

    def step(self, actions):
        """Observations, rewards, terminated, truncated (num_envs, ...); info["final_obs"] has the last observations of what ended."""
        observations, rewards, terminated, truncated = self._simulators.step(actions)
        rows, info = (self.num_envs,), {}
        ended = [bool(one or other) for one, other in zip(terminated, truncated)]
        if any(ended):
            finals = [self._final(row) if over else None for row, over in enumerate(ended)]
            info = {"final_obs": finals, "_final_obs": ended}
            if numpy is not None:
                info = {"final_obs": numpy.array(finals + [None], object)[:-1], "_final_obs": numpy.array(ended)}
        flag = "B" if numpy is None else "?"
        return self._seen(observations), _array(rewards, "d", rows), _array(terminated, flag, rows), _array(truncated, flag, rows), info

    def close(self, **_):
        self._simulators.close()

    def _final(self, row):
        return _array(self._simulators.final_observation(row), "f", self.single_observation_space.shape)

    def _seen(self, observations):
        return _array(observations, "f", (self.num_envs, *self.single_observation_space.shape))


class Agent:
    """A bundle that acts on what an environment gives."""

    def __init__(self, bundle, rows=1, **options):
        self.model = worldmodels.Model(bundle, rows=rows, **options)
        self._rows = rows

    def act(self, observations):
        """Actions as env.step takes them: one, or those of all rows."""
        space = self.model.action_space
        actions = self.model.act(observations)
        if space.discrete:
            return actions[0] if self._rows == 1 else _array(actions, "q", (self._rows,))
        return _array(actions, "f", space.shape if self._rows == 1 else (self._rows, *space.shape))

    def reset(self, rows=None):
        """Episodes begin: in these rows, or in all."""
        self.model.reset(rows)

    def close(self):
        self.model.close()


def make(name, **options):
    """An environment by one of its names."""
    return Env(name, **options)


def make_vec(name, num_envs, **options):
    """Environments in lock step."""
    return VectorEnv(name, num_envs, **options)


def main(library, bundle, seed=0):
    worldmodels.open_library(library)
    agent = Agent(bundle, deterministic=True)
    model = agent.model
    env = make(model.environment, render_mode="rgb_array", action_repeat=model.info.action_repeat)
    observation, _ = env.reset(seed=seed)
    total, steps, over = 0.0, 0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(agent.act(observation))
        total, steps, over = total + reward, steps + 1, terminated or truncated
    print(f"{model.environment}, {env.observation_space}, {env.action_space}: {steps} actions, return {total:.3f}")
    picture = env.render()
    print(f"a picture of {len(bytes(picture))} bytes")
    env.close()
    agent.close()

    rows, agent = 8, Agent(bundle, rows=8, deterministic=True)
    envs = make_vec(model.environment, rows, action_repeat=model.info.action_repeat)
    observations, _ = envs.reset(seed=seed)
    total = 0.0
    for _ in range(100):
        observations, rewards, terminated, truncated, info = envs.step(agent.act(observations))
        total += sum(rewards)
        ended = [row for row in range(rows) if terminated[row] or truncated[row]]
        if ended:
            agent.reset(ended)
    print(f"{rows} side by side: {total / rows:.3f} in 100 steps")
    envs.close()
    agent.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
