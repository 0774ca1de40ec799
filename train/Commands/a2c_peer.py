"""The A2C recipe in plain PyTorch, on recorded frames: what `train bench a2c --peer pytorch` compares itself with.

usage: python3 a2c_peer.py frames.npy environments steps
frames.npy: (N, 3, 15, 19) float32. Each line of standard input is a number of updates and 0 or 1; the answer is the seconds they took.
With 0, actions are chosen without gradients and the frames go through the network again to learn, as the recipe is usually written.
With 1, the gradients of acting are kept, and nothing is computed twice.
"""
import contextlib
import sys
import time

import numpy
import torch
from torch import nn

torch.set_num_threads(1)
environments, steps = int(sys.argv[2]), int(sys.argv[3])
frames = torch.from_numpy(numpy.load(sys.argv[1]))
batches = frames.shape[0] // environments
frames = frames[: batches * environments].reshape(batches, environments, *frames.shape[1:])

body = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(768, 256), nn.ReLU())
policy, value = nn.Linear(256, 5), nn.Linear(256, 1)
parameters = [p for module in (body, policy, value) for p in module.parameters()]
optimiser = torch.optim.RMSprop(parameters, lr=7e-4, alpha=0.99, eps=1e-5)
rewards = torch.zeros(steps, environments)
masks = torch.ones(steps, environments)


def update(index, keep):
    seen, taken, logits, values = [], [], [], []
    for step in range(steps):
        frame = frames[(index * steps + step) % batches]
        with contextlib.nullcontext() if keep else torch.no_grad():
            code = body(frame)
            logits.append(policy(code))
            if keep:
                values.append(value(code))
        taken.append(logits[-1].detach().softmax(1).multinomial(1))
        seen.append(frame)
    with torch.no_grad():
        ahead = value(body(frames[(index * steps + steps) % batches])).squeeze(1)
    returns = torch.empty(steps, environments)
    for step in reversed(range(steps)):
        ahead = returns[step] = rewards[step] + 0.99 * masks[step] * ahead
    if keep:
        logits, values = torch.cat(logits), torch.cat(values)
    else:
        code = body(torch.cat(seen))
        logits, values = policy(code), value(code)
    log_policy = logits.log_softmax(1)
    advantage = returns.reshape(-1) - values.squeeze(1)
    chosen = log_policy.gather(1, torch.cat(taken)).squeeze(1)
    entropy = -(log_policy.exp() * log_policy).sum(1).mean()
    loss = 0.5 * advantage.square().mean() - (advantage.detach() * chosen).mean() - 0.01 * entropy
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 0.5)
    optimiser.step()


print(torch.__version__, flush=True)
done = 0
for line in sys.stdin:
    count, keep = map(int, line.split())
    start = time.perf_counter()
    for index in range(done, done + count):
        update(index, keep)
    done += count
    print(time.perf_counter() - start, flush=True)
