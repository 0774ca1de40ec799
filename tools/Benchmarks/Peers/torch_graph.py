"""Compiles an ONNX graph to Python: one straight-line function, a call of torch for each node.

So eager PyTorch is measured and no interpreter. Constants become literals or captured tensors, what depends on them alone is computed once,
and what no wanted output needs is left out.
"""
import onnx
import onnx.numpy_helper
import torch
from torch.nn import functional as F


class PeerError(Exception):
    """Something that is said in one line."""


class Node:
    """A node whose operator is to be written as an expression. node[i] is the expression of its i-th input."""

    def __init__(self, graph, proto):
        self.graph, self.proto = graph, proto
        self.attributes = {a.name: onnx.helper.get_attribute_value(a) for a in proto.attribute}

    def __getitem__(self, i):
        return self.graph.expression(self.proto.input[i])

    def has(self, i):
        return i < len(self.proto.input) and self.proto.input[i] != ""

    def constant(self, i):
        """The value of an input that has to be known beforehand, as lists and numbers; None: there is no such input."""
        if not self.has(i):
            return None
        value = self.graph.constants.get(self.proto.input[i])
        return value.tolist() if value is not None else self.refuse(f"whose input {i} is known only when it runs")

    def number(self, i):
        """The input if it is a constant of no axes, else None: torch takes it faster as a number of Python."""
        value = self.graph.constants.get(self.proto.input[i])
        return value.item() if value is not None and value.dim() == 0 else None

    def get(self, name, default=None):
        return self.attributes.get(name, default)

    def expect(self, name, value):
        if self.get(name, value) != value:
            self.refuse(f"with {name}={self.get(name)}")

    def refuse(self, how):
        raise PeerError(f"operator {self.proto.op_type} {how}")


def unary(function):
    return lambda n: f"{n[0]}.{function}()"


def binary(forwards, backwards=None):
    """Infix of two tensors or a tensor and a number; backwards: the same with the number on the left."""
    def write(n):
        left, right = n.number(0), n.number(1)
        if right is not None:
            return forwards.format(n[0], repr(right))
        if left is not None and backwards is not None:
            return backwards.format(n[1], repr(left))
        return forwards.format(n[0], n[1])
    return write


def extreme(function, bound):
    def write(n):
        for number, tensor in ((n.number(1), 0), (n.number(0), 1)):
            if number is not None:
                return f"torch.clamp({n[tensor]}, {bound}={number!r})"
        return f"torch.{function}({n[0]}, {n[1]})"
    return write


def reduction(function):
    def write(n):
        axes = n.constant(1) if n.has(1) else n.get("axes")
        if axes is None:
            n.refuse("over all axes")
        return f"torch.{function}({n[0]}, {tuple(axes)}, keepdim={bool(n.get('keepdims', 1))})"
    return write


def gemm(n):
    for name in ("alpha", "beta"):
        n.expect(name, 1.0)
    n.expect("transA", 0)
    vector = n.has(2) and n.graph.rank(n.proto.input[2]) == 1
    if n.get("transB", 0) and (vector or not n.has(2)):
        return f"F.linear({n[0]}, {n[1]}{', ' + n[2] if vector else ''})"
    weight = n.graph.transposed(n.proto.input[1]) if n.get("transB", 0) else n[1]
    return f"torch.addmm({n[2]}, {n[0]}, {weight})" if n.has(2) else f"torch.mm({n[0]}, {weight})"


def window(n):
    """Kernel, strides, and paddings as top, left, bottom, right."""
    if n.get("auto_pad", b"NOTSET") != b"NOTSET":
        n.refuse("with auto_pad")
    kernel = n.get("kernel_shape")
    if kernel is None or len(kernel) != 2:
        n.refuse("whose kernel has not two axes")
    for name in ("dilations", "output_padding"):
        if any(d != (1 if name == "dilations" else 0) for d in n.get(name, ())):
            n.refuse(f"with {name}")
    return tuple(kernel), tuple(n.get("strides", (1, 1))), tuple(n.get("pads", (0, 0, 0, 0)))


def padded(n, pads, value):
    """The input and the padding that is left for the operator: torch pads both ends alike, so others are padded before."""
    top, left, bottom, right = pads
    if (top, left) == (bottom, right):
        return n[0], (top, left)
    return f"F.pad({n[0]}, {(left, right, top, bottom)}, value={value})", (0, 0)


def conv(n):
    _, strides, pads = window(n)
    image, padding = padded(n, pads, "0.0")
    return f"F.conv2d({image}, {n[1]}, {n[2] if n.has(2) else None}, {strides}, {padding}, 1, {n.get('group', 1)})"


def conv_transpose(n):
    _, strides, (top, left, bottom, right) = window(n)
    bias = n[2] if n.has(2) else None
    common = min(top, bottom), min(left, right)
    text = f"F.conv_transpose2d({n[0]}, {n[1]}, {bias}, {strides}, {common}, 0, {n.get('group', 1)})"
    if (top, left) == (bottom, right):
        return text
    (first_row, first_column), (last_row, last_column) = (top - common[0], left - common[1]), (bottom - common[0], right - common[1])
    return f"{text}[:, :, {first_row}:{-last_row or None}, {first_column}:{-last_column or None}]"


def max_pool(n):
    kernel, strides, pads = window(n)
    n.expect("ceil_mode", 0)
    image, padding = padded(n, pads, "-inf")
    return f"F.max_pool2d({image}, {kernel}, {strides}, {padding})"


def layer_norm(n):
    n.expect("axis", -1)
    return f"F.layer_norm({n[0]}, {n[1]}.shape, {n[1]}, {n[2] if n.has(2) else None}, {n.get('epsilon', 1e-5)!r})"


def reshape(n):
    n.expect("allowzero", 0)
    sizes = n.constant(1)
    if sizes.count(0) == 1 and -1 not in sizes:
        sizes[sizes.index(0)] = -1
    return f"{n[0]}.reshape({sizes})" if 0 not in sizes else \
        f"{n[0]}.reshape([{', '.join(f'{n[0]}.shape[{i}]' if s == 0 else str(s) for i, s in enumerate(sizes))}])"


def slices(n):
    if not n.has(3):
        n.refuse("without axes")
    steps = n.constant(4) or [1] * len(n.constant(3))
    ranges = {axis: (start, end, step) for start, end, axis, step in zip(n.constant(1), n.constant(2), n.constant(3), steps)}
    if min(ranges) < 0 or min(steps) < 1:
        n.refuse("along an axis, or by a step, below 0")
    places = [ranges.get(axis) for axis in range(max(ranges) + 1)]
    return f"{n[0]}[{', '.join(':' if place is None else '{}:{}:{}'.format(*place) for place in places)}]"


def split(n):
    sizes = n.constant(1)
    return f"torch.split({n[0]}, {sizes if sizes else n.refuse('without sizes')}, {n.get('axis', 0)})"


def one_hot(n):
    n.expect("axis", -1)
    if n.constant(2) != [0, 1]:
        n.refuse("of other values than 0 and 1")
    return f"F.embedding({n[0]}, {n.graph.name_constant(torch.eye(int(n.constant(1))))})"


def gather(n):
    n.expect("axis", 0)
    if n.graph.rank(n.proto.input[0]) != 2:
        n.refuse("from another table than one of two axes")
    return f"F.embedding({n[1]}, {n[0]})"


def pad(n):
    n.expect("mode", b"constant")
    pads, value = n.constant(1), n.constant(2) or 0.0
    rank = len(pads) // 2
    return f"F.pad({n[0]}, {[p for axis in reversed(range(rank)) for p in (pads[axis], pads[axis + rank])]}, value={value})"


def resize(n):
    scales = n.constant(2)
    known = (n.get("mode"), n.get("coordinate_transformation_mode"), n.get("nearest_mode")) == (b"nearest", b"asymmetric", b"floor")
    if not known or scales is None or len(scales) != 4 or scales[:2] != [1, 1] or any(s != int(s) for s in scales):
        n.refuse("that is no repetition of pixels")
    return f"F.interpolate({n[0]}, scale_factor={tuple(scales[2:])}, mode='nearest')"


def cast(n):
    names = {1: "torch.float32", 7: "torch.int64", 9: "torch.bool"}
    return f"{n[0]}.to({names.get(n.get('to')) or n.refuse('to a type of number ' + str(n.get('to')))})"


OPERATORS = {
    "Add": binary("{} + {}", "{} + {}"), "Sub": binary("{} - {}", "torch.rsub({}, {})"), "Mul": binary("{} * {}", "{} * {}"),
    "Div": binary("{} / {}"), "Greater": binary("{} > {}", "{} < {}"), "Less": binary("{} < {}", "{} > {}"),
    "Equal": binary("{} == {}", "{} == {}"), "And": binary("{} & {}"), "Or": binary("{} | {}"),
    "Min": extreme("minimum", "max"), "Max": extreme("maximum", "min"),
    **{name: unary(function) for name, function in (
        ("Neg", "neg"), ("Abs", "abs"), ("Sign", "sign"), ("Exp", "exp"), ("Log", "log"), ("Sqrt", "sqrt"), ("Sin", "sin"),
        ("Cos", "cos"), ("Tanh", "tanh"), ("Sigmoid", "sigmoid"), ("Relu", "relu"), ("Erf", "erf"), ("Not", "logical_not"))},
    "Elu": lambda n: f"F.elu({n[0]}, {n.get('alpha', 1.0)!r})", "Softplus": lambda n: f"F.softplus({n[0]})",
    "Where": lambda n: f"torch.where({n[0]}, {n[1]}, {n[2]})", "Cast": cast, "Identity": lambda n: n[0],
    "ReduceSum": reduction("sum"), "ReduceMean": reduction("mean"), "ReduceMax": reduction("amax"),
    "Softmax": lambda n: f"torch.softmax({n[0]}, {n.get('axis', -1)})",
    "LogSoftmax": lambda n: f"torch.log_softmax({n[0]}, {n.get('axis', -1)})",
    "ArgMax": lambda n: f"torch.argmax({n[0]}, {n.get('axis', 0)}, keepdim={bool(n.get('keepdims', 1))})",
    "OneHot": one_hot, "Gather": gather, "MatMul": lambda n: f"torch.matmul({n[0]}, {n[1]})", "Gemm": gemm,
    "Conv": conv, "ConvTranspose": conv_transpose, "MaxPool": max_pool, "LayerNormalization": layer_norm, "Pad": pad, "Resize": resize,
    "Reshape": reshape, "Transpose": lambda n: f"{n[0]}.permute({tuple(n.get('perm'))})", "Slice": slices, "Split": split,
    "Expand": lambda n: f"{n[0]}.expand({[-1 if s == 1 else s for s in n.constant(1)]})",
    "Concat": lambda n: f"torch.cat(({', '.join(n[i] for i in range(len(n.proto.input)))},), {n.get('axis')})",
}


class Graph:
    """A graph as a Python function of its inputs in their order, which returns a tuple of the wanted outputs in theirs."""

    def __init__(self, path, wanted):
        self.path, model = path, onnx.load(path)
        proto = model.graph
        self.inputs, self.wanted = [i.name for i in proto.input], wanted
        self.constants = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy()) for i in proto.initializer}
        self.ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in [*proto.input, *proto.value_info, *proto.output]}
        self.names = {name: f"x{i}" for i, name in enumerate(self.inputs)}
        self.namespace = {"torch": torch, "F": F, "inf": float("inf")}
        self.named = {}
        self.source = self.write(self.alive(proto.node))
        exec(compile(self.source, path, "exec"), self.namespace)
        self.run = self.namespace["run"]

    def alive(self, nodes):
        """The nodes that the wanted outputs need: they are in topological order."""
        needed, alive = set(self.wanted), []
        for node in reversed(nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                alive.append(node)
        return alive[::-1]

    def write(self, nodes):
        lines, last = [], {}
        for i, node in enumerate(nodes):
            last.update({name: i for name in node.input})
        last.update({name: len(nodes) for name in self.wanted})
        for i, node in enumerate(nodes):
            text = self.operator(node)
            if all(name == "" or name in self.constants for name in node.input):
                self.fold(node, text)
                continue
            for name in node.output:
                self.names[name] = f"v{len(self.names)}"
            # A value goes with its last use, as it would in a module's forward.
            dead = [self.names[name] for name in dict.fromkeys([*node.input, *node.output])
                    if self.names.get(name, "x")[0] == "v" and last.get(name, i) == i]
            lines.append(f"    {', '.join(self.names[name] for name in node.output)} = {text}{'; del ' + ', '.join(dead) if dead else ''}")
        results = "".join(f"{self.expression(name)}, " for name in self.wanted)
        return "\n".join([f"def run({', '.join(f'x{i}' for i in range(len(self.inputs)))}):", *lines, f"    return ({results})"])

    def operator(self, node):
        write = OPERATORS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if write is None:
            raise PeerError(f"'{self.path}' has the operator {node.op_type}, which the PyTorch peer does not know")
        try:
            return write(Node(self, node))
        except PeerError as problem:
            raise PeerError(f"'{self.path}' has an {problem}, which the PyTorch peer does not know") from None

    def fold(self, node, text):
        """What depends on constants alone is computed once."""
        values = eval(text, self.namespace)
        self.constants.update(zip(node.output, values if len(node.output) > 1 else (values,)))

    def expression(self, name):
        return self.names[name] if name in self.names else self.name_constant(self.constants[name], name)

    def name_constant(self, value, key=None):
        if key is None or key not in self.named:
            name = f"c{len(self.namespace)}"
            self.namespace[name] = value
            if key is None:
                return name
            self.named[key] = name
        return self.named[key]

    def transposed(self, name):
        if name in self.constants:
            return self.name_constant(self.constants[name].t(), (name, "transposed"))
        return f"{self.names[name]}.t()"

    def rank(self, name):
        return self.constants[name].dim() if name in self.constants else self.ranks[name]
