"""A recurrent state-space model's training step in plain PyTorch: what `train bench dreamer --peer pytorch` compares itself with.

usage: python3 rssm_peer.py batch length observation action deterministic stochastic hidden embedding encoder_layers encoder_units
       reward_layers head_units
Each line of standard input is a number of updates and a way; the answer is the seconds they took. The ways are cumulative:
0: as it is usually written: prior and posterior at every step, one concatenation and one product a layer, Adam parameter by parameter.
1: priors of all steps at once, after the loop.    2: and actions and embeddings projected for all steps at once, before it.
3: and Adam over all parameters at once (foreach).    4: and a GRU written out in fewer operations.
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
batch, length, observation, action, deter, stoch, hidden, embedding, encoder_layers, encoder_units, reward_layers, head_units = map(
    int, sys.argv[1:])


def mlp(inputs, layers, units, outputs):
    modules = []
    for _ in range(layers):
        modules += [nn.Linear(inputs, units), nn.ELU()]
        inputs = units
    return nn.Sequential(*modules, nn.Linear(inputs, outputs))


encoder = mlp(observation, encoder_layers, encoder_units, embedding)
inner = nn.Linear(stoch + action, hidden)
gru = nn.GRUCell(hidden, deter)
prior, posterior = mlp(deter, 1, hidden, 2 * stoch), mlp(deter + embedding, 1, hidden, 2 * stoch)
decoder, reward = mlp(deter + stoch, encoder_layers, encoder_units, observation), mlp(deter + stoch, reward_layers, head_units, 1)
parameters = [p for module in (encoder, inner, gru, prior, posterior, decoder, reward) for p in module.parameters()]
optimisers = {each: torch.optim.Adam(parameters, lr=6e-4, eps=1e-7, foreach=each) for each in (False, True)}
observations, actions = torch.randn(length, batch, observation), torch.rand(length, batch, action) * 2 - 1
rewards = torch.rand(length, batch)


def stats(x):
    mean, std = x.chunk(2, -1)
    return mean, F.softplus(std) + 0.1


def cell(x, h, written_out):
    if not written_out:
        return gru(x, h)
    xs = F.linear(x, gru.weight_ih, gru.bias_ih).split([2 * deter, deter], -1)
    hs = F.linear(h, gru.weight_hh, gru.bias_hh).split([2 * deter, deter], -1)
    reset, update = (xs[0] + hs[0]).sigmoid().chunk(2, -1)
    return torch.lerp(torch.addcmul(xs[1], reset, hs[1]).tanh(), h, update)


def step(way):
    embedded = encoder(observations)
    noise = torch.randn(length, batch, stoch)
    h, z = torch.zeros(batch, deter), torch.zeros(batch, stoch)
    hs, zs, posts, priors = [], [], [], []
    first = posterior[0]
    if way >= 2:
        from_actions = F.linear(actions, inner.weight[:, stoch:], inner.bias).unbind()
        from_embeddings = F.linear(embedded, first.weight[:, deter:], first.bias).unbind()
        of_state, of_deter = inner.weight[:, :stoch].t(), first.weight[:, :deter].t()
        noise = noise.unbind()
    for t in range(length):
        if way >= 2:
            h = cell(F.elu(torch.addmm(from_actions[t], z, of_state)), h, way >= 4)
            mean, std = stats(posterior[2](F.elu(torch.addmm(from_embeddings[t], h, of_deter))))
        else:
            h = cell(F.elu(inner(torch.cat([z, actions[t]], -1))), h, False)
            mean, std = stats(posterior(torch.cat([h, embedded[t]], -1)))
        if way == 0:
            priors.append(stats(prior(h)))
        z = mean + std * noise[t]
        hs.append(h)
        zs.append(z)
        posts.append((mean, std))
    h, z = torch.stack(hs), torch.stack(zs)
    mean, std = (torch.stack(part) for part in zip(*posts))
    prior_mean, prior_std = stats(prior(h)) if way >= 1 else (torch.stack(part) for part in zip(*priors))
    ratio = std / prior_std
    kl = (0.5 * (ratio.square() + ((mean - prior_mean) / prior_std).square() - 1) - ratio.log()).sum(-1)
    feature = torch.cat([z, h], -1)
    loss = kl.mean().clamp(min=3.0) + 0.5 * (decoder(feature) - observations).square().sum(-1).mean()
    loss = loss + 0.5 * (reward(feature).squeeze(-1) - rewards).square().mean()
    optimiser = optimisers[way >= 3]
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 100.0)
    optimiser.step()


print(torch.__version__, flush=True)
for line in sys.stdin:
    count, way = map(int, line.split())
    start = time.perf_counter()
    for _ in range(count):
        step(way)
    print(time.perf_counter() - start, flush=True)
