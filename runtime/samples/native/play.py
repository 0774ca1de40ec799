"""Plays an episode with a bundle in its simulator, by its policy or by planning, then dreams: play.py LIBRARY BUNDLE [SEED]."""

import sys

import worldmodels


def main(library, bundle, seed=0):
    worldmodels.open_library(library)
    with worldmodels.Model(bundle, deterministic=True) as model, \
            worldmodels.Simulator(model.environment, model.info.action_repeat) as simulator:
        choose = model.act if model.info.can_act else model.plan
        observation, total, steps, over = simulator.reset(seed), 0.0, 0, False
        while not over:
            action = choose(observation)
            chosen = action[0] if model.action_space.discrete else action
            observation, reward, terminated, truncated = simulator.step(chosen)
            total, steps, over = total + reward, steps + 1, terminated or truncated
        print(f"{model.environment}: {steps} actions, return {total:.3f}")
        if model.info.can_dream:
            batch, horizon = 16, 15
            rewards = model.dream(batch, horizon, seed)["rewards"]
            print(f"dreamed return of {horizon} steps: {sum(rewards) / batch:.4f}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
