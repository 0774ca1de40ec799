"""Writes losses.json: the losses of small seeded training runs in PyTorch, which GoldenTests repeats line by line.

Made with Debian's python3-torch 1.13.1 (the same libtorch), one thread: OPENBLAS_NUM_THREADS=1 /usr/bin/python3 losses.py
"""
import json
import torch
from torch import nn
from torch.nn import functional as F


def mlp():
    torch.manual_seed(1)
    x = torch.randn(128, 24)
    y = torch.sin(x @ torch.randn(24, 6)) + x[:, :6]
    net = nn.Sequential(nn.Linear(24, 64), nn.ELU(), nn.LayerNorm(64), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 6))
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2, weight_decay=1e-4)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    return losses


def gru():
    torch.manual_seed(2)
    xs, targets = torch.randn(12, 16, 5), torch.randint(0, 4, (16,))
    cell, head = nn.GRUCell(5, 32), nn.Linear(32, 4)
    parameters = list(cell.parameters()) + list(head.parameters())
    optimiser = torch.optim.RMSprop(parameters, lr=1e-3, alpha=0.95, eps=1e-5, momentum=0.9, centered=True)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        h = torch.zeros(16, 32)
        for x in xs:
            h = cell(x, h)
        loss = F.cross_entropy(head(F.dropout(h, 0.1)), targets)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def lstm():
    torch.manual_seed(3)
    xs, y = torch.randn(8, 10, 3), torch.rand(10, 1)
    cell, head = nn.LSTMCell(3, 20), nn.Linear(20, 1)
    optimiser = torch.optim.SGD(list(cell.parameters()) + list(head.parameters()), lr=0.1, momentum=0.9, nesterov=True)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        h, c = torch.zeros(10, 20), torch.zeros(10, 20)
        for x in xs:
            h, c = cell(x, (h, c))
        loss = F.binary_cross_entropy_with_logits(head(h), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def autoencoder():
    torch.manual_seed(4)
    x = torch.rand(8, 3, 16, 16)
    net = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.GELU(),
                        nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Sigmoid())
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.05, amsgrad=True)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = F.smooth_l1_loss(net(x), x, reduction="sum", beta=0.5) / 8
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def sequence():
    torch.manual_seed(5)
    xs, y = torch.randn(7, 6, 4), torch.randn(6, 3)
    gru, lstm = nn.GRU(4, 8, 2, bidirectional=True), nn.LSTM(16, 10, batch_first=True)
    norm, head = nn.BatchNorm1d(10), nn.Linear(10, 3)
    parameters = [p for m in (gru, lstm, norm, head) for p in m.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=5e-3)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        out, (h, _) = lstm(gru(xs)[0].transpose(0, 1))
        loss = F.huber_loss(head(norm(h[0] + out.mean(1))), y, delta=0.7) + 1e-3 * norm.running_var.sum()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    torch.set_num_threads(1)
    json.dump({run.__name__: run() for run in (mlp, gru, lstm, autoencoder, sequence)}, open("losses.json", "w"), indent=1)
