"""WorldModels from Python: bundles and simulators, by ctypes alone. worldmodels.h says what each function does.

    import worldmodels
    worldmodels.open_library("publish/libworldmodels.so")
    with worldmodels.Model("models/zoo/pendulum-dreamer", deterministic=True) as model:
        torque = model.act([1.0, 0.0, 0.0])

Arrays may be lists, array.array, numpy arrays: anything of numbers. What comes back is a ctypes array, whose memory numpy.frombuffer
and memoryview read without a copy.
"""

import ctypes
import json
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_ubyte, c_uint32, c_uint64

_library = None


class Error(RuntimeError):
    """A call that failed: the status, and the library's text."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class _Sized(ctypes.Structure):
    """A structure that begins with its size."""

    def __init__(self, **values):
        super().__init__(struct_size=ctypes.sizeof(self), **values)


class Space(_Sized):
    """What an observation or an action of one row is from."""

    _fields_ = [("struct_size", c_uint32), ("kind", c_int32), ("count", c_int32), ("elements", c_int32), ("axes", c_int32),
                ("_shape", c_int32 * 8), ("low", c_float), ("high", c_float)]

    @property
    def discrete(self):
        return self.kind == 0

    @property
    def shape(self):
        return tuple(self._shape[:self.axes])


class _Options(_Sized):
    _fields_ = [("struct_size", c_uint32), ("rows", c_int32), ("deterministic", c_int32), ("threads", c_int32), ("seed", c_uint64),
                ("provider", c_char_p), ("variant", c_char_p), ("planner_horizon", c_int32), ("planner_candidates", c_int32),
                ("planner_elites", c_int32), ("planner_iterations", c_int32), ("planner_threads", c_int32), ("skip_hashes", c_int32)]


class Info(_Sized):
    """What a bundle can do."""

    _fields_ = [("struct_size", c_uint32), ("rows", c_int32), ("action_repeat", c_int32), ("can_act", c_int32), ("can_dream", c_int32),
                ("can_plan", c_int32), ("says_novelty", c_int32), ("novelty_threshold", c_float)]


class _Floats(ctypes.Structure):
    _fields_ = [("data", POINTER(c_float)), ("count", c_size_t)]


class _Longs(ctypes.Structure):
    _fields_ = [("data", POINTER(c_int64)), ("count", c_size_t)]


class _Dream(_Sized):
    _fields_ = [("struct_size", c_uint32), ("batch", c_int32), ("horizon", c_int32), ("threads", c_int32), ("seed", c_uint64),
                ("go_on", c_int32), ("start", _Floats), ("given_actions", _Floats), ("given_discrete_actions", _Longs),
                ("rewards", _Floats), ("continues", _Floats), ("values", _Floats), ("observations", _Floats), ("actions", _Floats),
                ("discrete_actions", _Longs)]


class _EnvInfo(_Sized):
    _fields_ = [("struct_size", c_uint32), ("aspect", c_double), ("time_step", c_double)]


class _Step(ctypes.Structure):
    _fields_ = [("reward", c_double), ("terminated", c_int32), ("truncated", c_int32)]


class _Arrivals(ctypes.Structure):
    _fields_ = [("observations", POINTER(c_float)), ("observation_count", c_size_t), ("rewards", POINTER(c_float)),
                ("terminated", POINTER(c_ubyte)), ("truncated", POINTER(c_ubyte)), ("rows", c_size_t)]


_F, _L = POINTER(c_float), POINTER(c_int64)
_SIGNATURES = {
    "wm_load": [c_char_p, POINTER(_Options), _L],
    "wm_share": [c_int64, POINTER(_Options), _L],
    "wm_close": [c_int64],
    "wm_get_info": [c_int64, POINTER(Info)],
    "wm_observation_space": [c_int64, POINTER(Space)],
    "wm_action_space": [c_int64, POINTER(Space)],
    "wm_text": [c_int64, c_int32, c_char_p, c_size_t, POINTER(c_size_t)],
    "wm_act": [c_int64, _F, c_size_t, _F, c_size_t],
    "wm_act_discrete": [c_int64, _F, c_size_t, _L, c_size_t],
    "wm_plan": [c_int64, _F, c_size_t, _F, c_size_t],
    "wm_reset": [c_int64, POINTER(c_int32), c_size_t],
    "wm_set_task": [c_int64, c_int32, c_char_p],
    "wm_values": [c_int64, _F, c_size_t],
    "wm_novelty": [c_int64, _F, c_size_t],
    "wm_dream": [c_int64, POINTER(_Dream)],
    "wm_env_make": [c_char_p, c_int32, _L],
    "wm_env_close": [c_int64],
    "wm_env_observation_space": [c_int64, POINTER(Space)],
    "wm_env_action_space": [c_int64, POINTER(Space)],
    "wm_env_get_info": [c_int64, POINTER(_EnvInfo)],
    "wm_env_reset": [c_int64, POINTER(c_uint64), _F, c_size_t],
    "wm_env_step": [c_int64, _F, c_size_t, _F, c_size_t, POINTER(_Step)],
    "wm_env_step_discrete": [c_int64, c_int64, _F, c_size_t, POINTER(_Step)],
    "wm_env_render": [c_int64, c_int32, c_int32, POINTER(c_ubyte), c_size_t],
    "wm_vector_make": [c_char_p, c_int32, c_int32, _L],
    "wm_vector_close": [c_int64],
    "wm_vector_observation_space": [c_int64, POINTER(Space)],
    "wm_vector_action_space": [c_int64, POINTER(Space)],
    "wm_vector_reset": [c_int64, c_uint64, _F, c_size_t],
    "wm_vector_step": [c_int64, _F, c_size_t, POINTER(_Arrivals)],
    "wm_vector_step_discrete": [c_int64, _L, c_size_t, POINTER(_Arrivals)],
    "wm_vector_final_observation": [c_int64, c_int32, _F, c_size_t],
}


def open_library(path=None):
    """Opens the library; without a path, the one that the environment variable WORLDMODELS_LIBRARY names."""
    global _library
    _library = ctypes.CDLL(path or os.environ["WORLDMODELS_LIBRARY"])
    _library.wm_last_error.restype = _library.wm_version.restype = _library.wm_env_name.restype = c_char_p
    for name, arguments in _SIGNATURES.items():
        getattr(_library, name).argtypes = arguments


def _call(name, *arguments):
    if _library is None:
        open_library()
    status = getattr(_library, name)(*arguments)
    if status:
        raise Error(status, _library.wm_last_error().decode())


def _given(values, element):
    """Numbers as an array of C; one that is such an array already is taken as it is."""
    if isinstance(values, ctypes.Array) and values._type_ is element:
        return values
    if not isinstance(values, (list, tuple, ctypes.Array)):
        view = memoryview(values)
        values = view.cast("B").cast(view.format)  # of one axis
    return (element * len(values))(*values)


class _Handle:
    """Closes what it holds at the end of a with block, or by close."""

    _close = None
    _handle = 0

    def close(self):
        handle, self._handle = self._handle, 0
        _call(self._close, handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _space(self, name):
        space = Space()
        _call(name, self._handle, byref(space))
        return space


class Model(_Handle):
    """A bundle. Options are those of wm_options; further models of one bundle are made by share."""

    _close = "wm_close"

    def __init__(self, directory, **options):
        self._open("wm_load", os.fsencode(directory), options)

    def share(self, **options):
        """Another model on the same weights, with states of its own."""
        other = Model.__new__(Model)
        other._open("wm_share", self._handle, options)
        return other

    def _open(self, function, source, options):
        options = {key: value.encode() if isinstance(value, str) else value for key, value in options.items()}
        handle = c_int64()
        _call(function, source, byref(_Options(**options)), byref(handle))
        self._handle = handle.value
        self.info = Info()
        _call("wm_get_info", self._handle, byref(self.info))
        self.observation_space = self._space("wm_observation_space")
        self.action_space = self._space("wm_action_space")
        self.manifest = json.loads(self._text(4))
        self.environment = self.manifest["environment"]

    @property
    def provider(self):
        """What runs it, and why."""
        return self._text(3)

    def act(self, observations):
        """The policy's actions for (rows, observation): (rows, action), or (rows) where they are discrete."""
        return self._choose("wm_act_discrete" if self.action_space.discrete else "wm_act", observations)

    def plan(self, observations):
        """Actions found by planning in the world model."""
        return self._choose("wm_plan", observations)

    def reset(self, rows=None):
        """Episodes begin: in these rows, or in all."""
        given = None if rows is None else (c_int32 * len(rows))(*rows)
        _call("wm_reset", self._handle, given, 0 if rows is None else len(rows))

    def set_task(self, task, row=-1):
        """A row acts for a task of the manifest; -1: all rows."""
        _call("wm_set_task", self._handle, row, task.encode())

    def values(self):
        """State values of the last act, (rows)."""
        return self._last("wm_values")

    def novelty(self):
        """How far each row's last step was from what was learnt, (rows)."""
        return self._last("wm_novelty")

    def dream(self, batch, horizon, seed=0, start=None, actions=None, outputs=("rewards",), threads=0, go_on=False):
        """Imagines; gives a dictionary of the outputs (rewards, continues, values, observations, actions), each (T or T + 1, B, ...)."""
        request = _Dream(batch=batch, horizon=horizon, seed=seed, threads=threads, go_on=go_on)
        discrete = self.action_space.discrete
        keep = []
        if start is not None:
            keep.append(_given(start, c_float))
            request.start = _Floats(keep[-1], len(keep[-1]))
        if actions is not None:
            keep.append(_given(actions, c_int64 if discrete else c_float))
            if discrete:
                request.given_discrete_actions = _Longs(keep[-1], len(keep[-1]))
            else:
                request.given_actions = _Floats(keep[-1], len(keep[-1]))
        sizes = {"rewards": horizon, "continues": horizon, "values": horizon + 1,
                 "observations": (horizon + 1) * self.observation_space.elements, "actions": horizon * self.action_space.elements}
        result = {}
        for name in outputs:
            longs = name == "actions" and discrete
            array = ((c_int64 if longs else c_float) * (sizes[name] * batch))()
            setattr(request, "discrete_actions" if longs else name, (_Longs if longs else _Floats)(array, len(array)))
            result[name] = array
        _call("wm_dream", self._handle, byref(request))
        return result

    def _choose(self, function, observations):
        observations = _given(observations, c_float)
        element = c_int64 if function == "wm_act_discrete" else c_float
        actions = (element * (self.info.rows * self.action_space.elements))()
        _call(function, self._handle, observations, len(observations), actions, len(actions))
        return actions

    def _last(self, function):
        values = (c_float * self.info.rows)()
        _call(function, self._handle, values, len(values))
        return values

    def _text(self, kind):
        length = c_size_t()
        _call("wm_text", self._handle, kind, None, 0, byref(length))
        text = ctypes.create_string_buffer(length.value + 1)
        _call("wm_text", self._handle, kind, text, len(text), None)
        return text.value.decode()


class Simulator(_Handle):
    """One simulator; an action lasts action_repeat steps, whose rewards are summed."""

    _close = "wm_env_close"

    def __init__(self, name, action_repeat=1):
        handle, info = c_int64(), _EnvInfo()
        _call("wm_env_make", name.encode(), action_repeat, byref(handle))
        self._handle = handle.value
        _call("wm_env_get_info", self._handle, byref(info))
        self.aspect, self.time_step = info.aspect, info.time_step
        self.observation_space = self._space("wm_env_observation_space")
        self.action_space = self._space("wm_env_action_space")

    def reset(self, seed=None):
        """The first observation of an episode."""
        observation = (c_float * self.observation_space.elements)()
        _call("wm_env_reset", self._handle, None if seed is None else byref(c_uint64(seed)), observation, len(observation))
        return observation

    def step(self, action):
        """Observation, reward, terminated, truncated. The action is a number where actions are discrete."""
        observation, step = (c_float * self.observation_space.elements)(), _Step()
        if self.action_space.discrete:
            _call("wm_env_step_discrete", self._handle, int(action), observation, len(observation), byref(step))
        else:
            action = _given(action, c_float)
            _call("wm_env_step", self._handle, action, len(action), observation, len(observation), byref(step))
        return observation, step.reward, bool(step.terminated), bool(step.truncated)

    def render(self, width, height):
        """The picture, (height, width, 3) bytes of red, green and blue."""
        rgb = (c_ubyte * (width * height * 3))()
        _call("wm_env_render", self._handle, width, height, rgb, len(rgb))
        return rgb


class Simulators(_Handle):
    """Simulators in lock step; a row whose episode ends starts the next one in the same step."""

    _close = "wm_vector_close"

    def __init__(self, name, rows, action_repeat=1):
        handle = c_int64()
        _call("wm_vector_make", name.encode(), rows, action_repeat, byref(handle))
        self._handle, self.rows = handle.value, rows
        self.observation_space = self._space("wm_vector_observation_space")
        self.action_space = self._space("wm_vector_action_space")
        self._size = rows * self.observation_space.elements

    def reset(self, seed):
        """The first observations, (rows, observation)."""
        observations = (c_float * self._size)()
        _call("wm_vector_reset", self._handle, seed, observations, len(observations))
        return observations

    def step(self, actions):
        """Observations (rows, observation), rewards, terminated, truncated (rows)."""
        observations, rewards = (c_float * self._size)(), (c_float * self.rows)()
        terminated, truncated = (c_ubyte * self.rows)(), (c_ubyte * self.rows)()
        discrete = self.action_space.discrete
        actions = _given(actions, c_int64 if discrete else c_float)
        _call("wm_vector_step_discrete" if discrete else "wm_vector_step", self._handle, actions, len(actions),
              byref(_Arrivals(observations, self._size, rewards, terminated, truncated, self.rows)))
        return observations, rewards, terminated, truncated

    def final_observation(self, row):
        """The last observation of the episode that ended most recently in this row."""
        observation = (c_float * self.observation_space.elements)()
        _call("wm_vector_final_observation", self._handle, row, observation, len(observation))
        return observation


def version():
    """Versions of the library and of ONNX Runtime."""
    if _library is None:
        open_library()
    return (_library.wm_version() or _library.wm_last_error()).decode()


def simulators():
    """Names of all simulators."""
    if _library is None:
        open_library()
    return [_library.wm_env_name(index).decode() for index in range(_library.wm_env_count())]
