"""Writes the HDF5 files beside it, as h5py writes what Minari and D4RL lay out: python3 write.py (Debian: python3-h5py).

Values are small formulas, so that the tests can say what has to come out.
"""
import json
import os
import shutil

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def fresh(*parts):
    path = os.path.join(HERE, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        os.remove(path)
    return path


def box(shape, low, high, dtype="float32"):
    full = lambda value: np.full(shape, value).tolist() if np.isscalar(value) else value
    return {"type": "Box", "dtype": dtype, "shape": list(shape), "low": full(low), "high": full(high)}


def discrete(n, start=0):
    return {"type": "Discrete", "dtype": "int64", "start": start, "n": n}


def resizable(group, key, data):
    """As Minari makes its arrays: chunked, and without an end."""
    data = np.asarray(data)
    group.create_dataset(key, data=data, chunks=True, maxshape=(None, *data.shape[1:]))


def plain(group, key, data):
    """In one piece, which takes less room."""
    group[key] = data


def metadata(folder, **values):
    with open(fresh(folder, "data", "metadata.json"), "w") as file:
        json.dump(values, file)


def ends(steps, terminated):
    last = np.arange(steps) == steps - 1
    return last & terminated, last & (not terminated)


def pendulum():
    """Boxes; 11 episodes, more than nine, in a file that tracks the order of creation."""
    total = 0
    with h5py.File(fresh("pendulum", "random-v0", "data", "main_data.hdf5"), "a", track_order=True) as file:
        for e in range(11):
            steps = 3 + e
            total += steps
            group = file.create_group(f"episode_{e}")
            group.attrs["id"] = e
            group.attrs["seed"] = 100 + e
            group.attrs["total_steps"] = steps
            put = resizable if e == 10 else plain
            put(group, "observations", np.float32(100 * e + np.arange((steps + 1) * 3).reshape(-1, 3)))
            put(group, "actions", np.float32(-e - np.arange(steps).reshape(-1, 1) / 8))
            put(group, "rewards", e + np.arange(steps) / 10)
            terminated, truncated = ends(steps, e % 2 == 1)
            put(group, "terminations", terminated)
            put(group, "truncations", truncated)
            if e == 0:
                resizable(group.create_group("infos"), "speed", np.arange(steps + 1.0))
    metadata(
        "pendulum/random-v0", dataset_id="pendulum/random-v0", total_episodes=11, total_steps=total, data_format="hdf5",
        observation_space=json.dumps(box((3,), [-1.0, -1.0, -8.0], [1.0, 1.0, float("inf")])),
        action_space=json.dumps(box((1,), -2.0, 2.0)), env_spec=json.dumps({"id": "Pendulum-v1", "max_episode_steps": 200}),
        minari_version="0.5.3", algorithm_name="random", author=["nobody"], dataset_size=0.1)


def grid():
    """A dict of a small image, a number of one of three, and a pair inside another dict; compressed; a numbered action from 1."""
    steps = 5
    with h5py.File(fresh("grid-v0", "data", "main_data.hdf5"), "a", track_order=True) as file:
        for e in range(2):
            group = file.create_group(f"episode_{e}")
            group.attrs["id"] = e
            group.attrs["total_steps"] = steps
            seen = group.create_group("observations")
            image = np.uint8(e + np.arange((steps + 1) * 4 * 4 * 3).reshape(-1, 4, 4, 3) % 200)
            seen.create_dataset("image", data=image, compression="gzip", shuffle=True, chunks=(2, 4, 4, 3))
            resizable(seen, "direction", 1 + (e + np.arange(steps + 1)) % 3)
            body = seen.create_group("body")
            resizable(body, "_index_0", np.float16(np.arange((steps + 1) * 2).reshape(-1, 2) / 4))
            resizable(body, "_index_1", np.arange(steps + 1) % 2 == 0)
            resizable(group, "actions", np.int32(1 + np.arange(steps) % 4))
            resizable(group, "rewards", np.arange(steps).reshape(-1, 1) == steps - 1)
            terminated, truncated = ends(steps, True)
            resizable(group, "terminations", terminated)
            resizable(group, "truncations", truncated)
    inside = {"type": "Tuple", "subspaces": [box((2,), 0, 3, "float16"), {"type": "MultiBinary", "n": 1}]}
    space = {"type": "Dict", "subspaces": {"image": box((4, 4, 3), 0, 255, "uint8"), "direction": discrete(3, 1), "body": inside}}
    metadata(
        "grid-v0", dataset_id="grid-v0", total_episodes=2, total_steps=10, data_format="hdf5", minari_version="0.5.0",
        observation_space=json.dumps(space), action_space=json.dumps(discrete(4, 1)))


def old():
    """As before Minari 0.5: what is known stands in attributes of the file; an episode was taken out."""
    with h5py.File(fresh("old-v0", "data", "main_data.hdf5"), "w") as file:
        for e in (0, 1, 3):
            group = file.create_group(f"episode_{e}")
            group.attrs["id"] = e
            group.attrs["total_steps"] = np.int64(4)
            group["observations"] = np.float64(e + np.arange(20).reshape(-1, 4) / 3)
            group["actions"] = np.arange(4) % 2
            group["rewards"] = np.ones(4)
            group["terminations"], group["truncations"] = ends(4, False)
        file.attrs["total_episodes"] = np.int64(3)
        file.attrs["total_steps"] = np.int64(12)
        file.attrs["dataset_id"] = "old-v0"
        file.attrs["minari_version"] = "0.4.3"
        file.attrs["env_spec"] = json.dumps({"id": "CartPole-v1"})
        file.attrs["observation_space"] = json.dumps(box((4,), float("-inf"), float("inf"), "float64"))
        file.attrs["action_space"] = json.dumps(discrete(2))


def jpegs():
    """Images as Minari keeps them unless told otherwise: a row of bytes each, all of one length here."""
    with h5py.File(fresh("jpegs-v0", "data", "main_data.hdf5"), "w") as file:
        group = file.create_group("episode_0")
        group.attrs["total_steps"] = 2
        group["observations"] = np.uint8(np.arange(90).reshape(3, 30))
        group["actions"] = np.arange(2)
        group["rewards"] = np.ones(2)
        group["terminations"], group["truncations"] = ends(2, False)
    metadata(
        "jpegs-v0", dataset_id="jpegs-v0", total_episodes=1, total_steps=2, data_format="hdf5", minari_version="0.5.3",
        jpeg_encoding=True, observation_space=json.dumps(box((32, 32), 0, 255, "uint8")), action_space=json.dumps(discrete(2)))


def text():
    """A mission in words beside numbers."""
    with h5py.File(fresh("text-v0", "data", "main_data.hdf5"), "w") as file:
        group = file.create_group("episode_0")
        group.attrs["total_steps"] = 2
        seen = group.create_group("observations")
        seen["numbers"] = np.zeros((3, 2), np.float32)
        seen.create_dataset("mission", data=["go", "go", "stop"], dtype=h5py.string_dtype("utf-8"))
        group["actions"] = np.arange(2)
        group["rewards"] = np.ones(2)
        group["terminations"], group["truncations"] = ends(2, False)
        file.attrs["total_episodes"] = 1
        file.attrs["total_steps"] = 2
        space = {"type": "Text", "max_length": 9, "min_length": 1, "charset": "gopst, Infinity]"}
        file.attrs["observation_space"] = json.dumps({"type": "Dict", "subspaces": {"numbers": box((2,), 0, 1), "mission": space}})


def arrow():
    metadata("arrow-v0", dataset_id="arrow-v0", total_episodes=1, total_steps=2, data_format="arrow", minari_version="0.5.3")


def types():
    """Every type of a number that numpy has and h5py writes, in both byte orders."""
    with h5py.File(fresh("types.hdf5"), "w") as file:
        for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
            for order in "<>":
                values = np.arange(6).reshape(3, 2) * (1 if name[0] == "u" else -1) * (0.5 if name[0] == "f" else 1)
                file[("little_" if order == "<" else "big_") + name] = values.astype(order + name)
        file["bool"] = np.arange(6).reshape(3, 2) % 2 == 1
        file["beyond_float32"] = np.array([[0.0, 1.0], [2.0, 1e300], [np.inf, np.nan]])
        file["beyond_int64"] = np.array([1, 2**63], np.uint64)
        file["complex"] = np.zeros(3, np.complex64)
        file["text"] = np.array([b"go", b"stop"])
        file["scalar"] = 3.5
        file.create_dataset("lzf", data=np.zeros((64, 4)), compression="lzf")
        file.create_dataset("checked", data=np.arange(64.0), chunks=(16,), compression="gzip", fletcher32=True)
        for order, name in (("<", "little_tiles"), (">", "big_tiles")):
            tiles = np.arange(7 * 3 * 5).reshape(7, 3, 5).astype(order + "i2")
            file.create_dataset(name, data=tiles, chunks=(3, 2, 2), compression="gzip", shuffle=True)
        file.create_dataset("never_written", shape=(4, 2), dtype="f4", chunks=(2, 2), fillvalue=7)
        file.create_dataset("words", data=["go", "stop"], dtype=h5py.string_dtype("utf-8"))
        file["elsewhere"] = h5py.ExternalLink("/" + "./" * 100 + "elsewhere.hdf5", "/observations")     # tests put another path there
        file["lost"] = h5py.ExternalLink("nothing.hdf5", "/a")
        file["soft"] = h5py.SoftLink("/bool")
        file.create_dataset("raw_elsewhere", shape=(2,), dtype="f8", external=[("nothing.bin", 0, 16)])
        layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
        layout[:] = h5py.VirtualSource("nothing.hdf5", "a", shape=(4,))
        file.create_virtual_dataset("virtual", layout)


def d4rl():
    """Rows: an episode of three that terminates, one of two that runs out of time, one of one row, and a tail of two."""
    rows = 8
    observations = np.float32(np.arange(rows * 3).reshape(-1, 3))
    terminals = np.zeros(rows, bool)
    timeouts = np.zeros(rows, bool)
    terminals[2] = timeouts[4] = timeouts[5] = True
    common = dict(observations=observations, actions=np.float32(np.arange(rows * 2).reshape(-1, 2) / 4), rewards=np.arange(rows, dtype=np.float32))

    def write(name, **arrays):
        with h5py.File(fresh(name), "w") as file:
            for key, values in {**common, **arrays}.items():
                file.create_dataset(key, data=values, compression="gzip")
            file["infos/qpos"] = np.zeros((rows, 2))
            file["metadata/algorithm"] = "SAC"

    write("d4rl-timeouts.hdf5", terminals=terminals, timeouts=timeouts)
    arrivals = np.vstack([observations[1:], [[90, 91, 92]]]).astype(np.float32)
    for row in (2, 4, 5):
        arrivals[row] = [10 * row, 11 * row, 12 * row]
    write("d4rl-next.hdf5", terminals=terminals, timeouts=timeouts, next_observations=arrivals)
    write("d4rl-terminals.hdf5", terminals=np.uint8(terminals).reshape(-1, 1), rewards=common["rewards"].reshape(-1, 1))


for name in ("pendulum", "grid-v0", "old-v0", "jpegs-v0", "text-v0", "arrow-v0"):
    shutil.rmtree(os.path.join(HERE, name), ignore_errors=True)
for write_one in (pendulum, grid, old, jpegs, text, arrow, types, d4rl):
    write_one()
