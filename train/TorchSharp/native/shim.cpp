// A C interface to libtorch that knows no operator by name: every ATen operator is found in the dispatcher and called boxed,
// and its schema says how to convert the arguments. A new operator therefore needs no line here, and the same source serves
// libtorch 1.13 to 2.x, whose schemas differ in trailing arguments with defaults.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/version.h>
#include <dlfcn.h>

#include <optional>
#include <string>
#include <vector>

#if TORCH_VERSION_MAJOR < 2
template <class T> using Optional = c10::optional<T>;
#else
template <class T> using Optional = std::optional<T>;
#endif

#define EXPORT extern "C" __attribute__((visibility("default")))

// ---- what crosses the boundary: 16 bytes; handles are TensorImpl* and GeneratorImpl*; list elements take 8 bytes each
enum Tag : int32_t { None, TensorTag, Int, Double, Bool, Ints, Doubles, Tensors, String, DeviceTag, GeneratorTag };

struct Arg {
    int32_t tag;
    int32_t n;
    union { int64_t i; double f; const void* p; void* out; };
};

static thread_local std::string last_error;

template <class F> static int guarded(F&& body) noexcept {
    try { body(); return 0; }
    catch (const c10::Error& e) { last_error = e.what_without_backtrace(); }
    catch (const std::exception& e) { last_error = e.what(); }
    catch (...) { last_error = "unknown error in libtorch"; }
    return 1;
}

static at::Tensor tensor(const void* handle) {
    if (!handle) return {};
    auto* impl = static_cast<c10::TensorImpl*>(const_cast<void*>(handle));
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(impl));
}

static at::Generator generator(const void* handle) {
    auto* impl = static_cast<c10::GeneratorImpl*>(const_cast<void*>(handle));
    return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy(impl));
}

static void* release(at::Tensor t) { return t.defined() ? t.unsafeReleaseTensorImpl() : nullptr; }
static void* release(at::Generator g) { return g.unsafeReleaseGeneratorImpl(); }

static c10::Device device(int64_t packed) {                  // type << 16 | index, index -1: the current one
    return {static_cast<c10::DeviceType>(packed >> 16), static_cast<c10::DeviceIndex>(static_cast<int16_t>(packed & 0xffff))};
}

static std::vector<at::Tensor> tensors(const void* const* handles, int64_t n) {
    std::vector<at::Tensor> list;
    list.reserve(n);
    for (int64_t i = 0; i < n; i++) list.push_back(tensor(handles[i]));
    return list;
}

static Arg pack(const std::vector<at::Tensor>& list) {       // the caller frees the array with ts_free
    auto** handles = static_cast<void**>(malloc(sizeof(void*) * (list.size() + 1)));
    for (size_t i = 0; i < list.size(); i++) handles[i] = release(list[i]);
    Arg a{Tensors, static_cast<int32_t>(list.size()), {}};
    a.out = handles;
    return a;
}

// ---- operators
struct Op {
    c10::OperatorHandle handle;
    std::vector<c10::Argument> arguments;
};

static std::string expected(const Op* op, size_t index, const char* got) {
    return op->handle.operator_name().name + "(): argument '" + op->arguments[index].name() + "' takes " +
           op->arguments[index].type()->str() + ", not " + got;
}

static c10::IValue list_value(const Arg& a, const c10::Argument& argument, const c10::Type& element) {
    if (element.kind() == c10::TypeKind::TensorType)
        return c10::IValue(tensors(static_cast<const void* const*>(a.p), a.n));
    if (element.kind() == c10::TypeKind::OptionalType) {
        c10::List<Optional<at::Tensor>> list;
        for (auto& t : tensors(static_cast<const void* const*>(a.p), a.n))
            list.push_back(t.defined() ? Optional<at::Tensor>(t) : Optional<at::Tensor>());
        return list;
    }
    // one number stands for as many as the schema fixes (stride=2 for int[2])
    const bool single = a.tag == Int || a.tag == Double || a.tag == Bool;
    const int64_t n = single ? argument.N().value_or(1) : a.n;
    auto number = [&](int64_t i) { return single ? a.i : static_cast<const int64_t*>(a.p)[i]; };
    auto real = [&](int64_t i) {
        if (a.tag == Int || a.tag == Ints) return static_cast<double>(number(i));
        return single ? a.f : static_cast<const double*>(a.p)[i];
    };
    if (element.kind() == c10::TypeKind::FloatType) {
        c10::List<double> list;
        for (int64_t i = 0; i < n; i++) list.push_back(real(i));
        return list;
    }
    if (element.kind() == c10::TypeKind::BoolType) {
        c10::List<bool> list;
        for (int64_t i = 0; i < n; i++) list.push_back(number(i) != 0);
        return list;
    }
    c10::List<int64_t> list;
    for (int64_t i = 0; i < n; i++) list.push_back(number(i));
    return list;
}

static c10::IValue value(const Op* op, size_t index, const Arg& a) {
    const auto& argument = op->arguments[index];
    const c10::Type* type = argument.type().get();
    const bool optional = type->kind() == c10::TypeKind::OptionalType;
    if (optional) type = type->castRaw<c10::OptionalType>()->getElementType().get();
    if (a.tag == None) {
        if (optional) return {};
        if (type->kind() == c10::TypeKind::TensorType) return at::Tensor();
        if (argument.default_value()) return *argument.default_value();
        TORCH_CHECK_VALUE(false, expected(op, index, "nothing"));
    }
    switch (type->kind()) {
        case c10::TypeKind::TensorType:
            TORCH_CHECK_VALUE(a.tag == TensorTag, expected(op, index, "a plain value"));
            return tensor(a.p);
        case c10::TypeKind::ListType:
            return list_value(a, argument, *type->castRaw<c10::ListType>()->getElementType());
        case c10::TypeKind::FloatType:
            return a.tag == Double ? a.f : static_cast<double>(a.i);
        case c10::TypeKind::BoolType:
            return a.i != 0;
        case c10::TypeKind::StringType:
            return std::string(static_cast<const char*>(a.p), a.n);
        case c10::TypeKind::DeviceObjType:
            return device(a.i);
        case c10::TypeKind::GeneratorType:
            return generator(a.p);
        case c10::TypeKind::NumberType:
            if (a.tag == Double) return a.f;
            if (a.tag == Bool) return a.i != 0;
            return a.i;
        default:                                              // integers: also dtype, layout, memory format and symbolic sizes
            TORCH_CHECK_VALUE(a.tag == Int || a.tag == Bool, expected(op, index, "a real number"));
            return a.i;
    }
}

static Arg result(const c10::IValue& v) {
    Arg a{};
    if (v.isTensor()) { a.tag = TensorTag; a.out = release(v.toTensor()); }
    else if (v.isTensorList()) a = pack(v.toTensorVector());
    else if (v.isInt()) { a.tag = Int; a.i = v.toInt(); }
    else if (v.isDouble()) { a.tag = Double; a.f = v.toDouble(); }
    else if (v.isBool()) { a.tag = Bool; a.i = v.toBool(); }
    else TORCH_CHECK(v.isNone(), "a result of type ", v.tagKind(), " cannot be returned");
    return a;
}

EXPORT const char* ts_error() { return last_error.c_str(); }
EXPORT const char* ts_version() { return TORCH_VERSION; }
EXPORT void ts_free(void* memory) { free(memory); }

EXPORT int ts_op(const char* name, const char* overload, const Op** op) {
    return guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        *op = new Op{handle, handle.schema().arguments()};    // lives as long as the process, one for each operator used
    });
}

EXPORT int ts_call(const Op* op, const Arg* args, int32_t n, Arg* results, int32_t capacity) {
    return guarded([&] {
        TORCH_CHECK_VALUE(n <= static_cast<int32_t>(op->arguments.size()), op->handle.operator_name().name, "(): too many arguments");
        torch::jit::Stack stack;
        stack.reserve(op->arguments.size());
        for (int32_t i = 0; i < n; i++) stack.push_back(value(op, i, args[i]));
        for (size_t i = n; i < op->arguments.size(); i++) {
            const auto& fallback = op->arguments[i].default_value();
            stack.push_back(fallback ? *fallback : value(op, i, Arg{}));
        }
        op->handle.callBoxed(&stack);
        for (int32_t i = 0; i < capacity; i++) results[i] = i < static_cast<int32_t>(stack.size()) ? result(stack[i]) : Arg{};
    });
}

// ---- tensors
EXPORT void ts_release(void* t) { c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(static_cast<c10::TensorImpl*>(t)); }
EXPORT int32_t ts_dim(void* t) { return static_cast<int32_t>(tensor(t).dim()); }
EXPORT int32_t ts_dtype(void* t) { return static_cast<int32_t>(tensor(t).scalar_type()); }
EXPORT int32_t ts_is(void* t, int32_t what) {
    auto x = tensor(t);
    switch (what) {
        case 0: return x.requires_grad();
        case 1: return x.is_leaf();
        case 2: return x.is_contiguous();
        default: return x.is_sparse();
    }
}
EXPORT int64_t ts_device(void* t) {
    auto d = tensor(t).device();
    return static_cast<int64_t>(d.type()) << 16 | static_cast<uint16_t>(d.index());
}
EXPORT void ts_sizes(void* t, int64_t* sizes, int64_t* strides) {
    auto x = tensor(t);
    for (int64_t i = 0; i < x.dim(); i++) {
        sizes[i] = x.size(i);
        if (strides) strides[i] = x.stride(i);
    }
}
EXPORT int ts_data(void* t, void** data) { return guarded([&] { *data = tensor(t).data_ptr(); }); }

// ---- autograd
EXPORT int ts_set_requires_grad(void* t, int32_t on) { return guarded([&] { tensor(t).set_requires_grad(on); }); }
EXPORT int ts_retain_grad(void* t) { return guarded([&] { tensor(t).retain_grad(); }); }
EXPORT void* ts_grad(void* t) { return release(tensor(t).grad()); }
EXPORT int ts_set_grad(void* t, void* grad) { return guarded([&] { tensor(t).mutable_grad() = tensor(grad); }); }
EXPORT int ts_backward(const void* const* roots, const void* const* grads, int32_t n, int32_t retain, int32_t create,
                       const void* const* inputs, int32_t n_inputs) {
    return guarded([&] {
        torch::autograd::backward(tensors(roots, n), grads ? tensors(grads, n) : std::vector<at::Tensor>(), static_cast<bool>(retain),
                                  create, tensors(inputs, n_inputs));
    });
}
EXPORT int ts_autograd(const void* const* outputs, const void* const* grads, int32_t n, const void* const* inputs, int32_t n_inputs,
                       int32_t retain, int32_t create, int32_t allow_unused, Arg* results) {
    return guarded([&] {
        *results = pack(torch::autograd::grad(tensors(outputs, n), tensors(inputs, n_inputs),
                                              grads ? tensors(grads, n) : std::vector<at::Tensor>(), static_cast<bool>(retain),
                                              create, allow_unused));
    });
}
EXPORT int32_t ts_grad_mode() { return c10::GradMode::is_enabled(); }
EXPORT void ts_set_grad_mode(int32_t on) { c10::GradMode::set_enabled(on); }

// ---- random numbers
EXPORT int ts_manual_seed(int64_t seed) { return guarded([&] { at::manual_seed(seed); }); }
EXPORT int ts_generator(int64_t where, void** g) { return guarded([&] { *g = release(at::globalContext().defaultGenerator(device(where))); }); }
EXPORT int ts_generator_new(int64_t where, uint64_t seed, void** g) {
    return guarded([&] {
        auto fresh = at::globalContext().defaultGenerator(device(where)).clone();
        fresh.set_current_seed(seed);
        *g = release(fresh);
    });
}
EXPORT void ts_generator_release(void* g) { c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(static_cast<c10::GeneratorImpl*>(g)); }
EXPORT int ts_generator_seed(void* handle, int32_t set, int64_t* seed) {     // set: 0 read, 1 write, 2 draw a fresh one
    return guarded([&] {
        auto g = generator(handle);
        std::lock_guard<std::mutex> lock(g.mutex());
        if (set == 1) g.set_current_seed(*seed);
        *seed = static_cast<int64_t>(set == 2 ? g.seed() : g.current_seed());
    });
}
EXPORT int ts_generator_state(void* handle, void** state, void* replacement) {
    return guarded([&] {
        auto g = generator(handle);
        std::lock_guard<std::mutex> lock(g.mutex());
        if (replacement) g.set_state(tensor(replacement));
        else *state = release(g.get_state());
    });
}

// ---- the machine
EXPORT int32_t ts_num_threads() { return at::get_num_threads(); }
EXPORT int ts_set_num_threads(int32_t n) {
    return guarded([&] {
        at::set_num_threads(n);
        // A libtorch built against generic BLAS does not hand its thread count on to OpenBLAS, which has a pool of its own.
        if (auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(n);
    });
}
EXPORT int32_t ts_cuda_count() { int32_t n = 0; guarded([&] { n = static_cast<int32_t>(torch::cuda::device_count()); }); return n; }
EXPORT int32_t ts_cudnn() { int32_t yes = 0; guarded([&] { yes = torch::cuda::cudnn_is_available(); }); return yes; }
EXPORT int ts_cuda_synchronize(int64_t index) { return guarded([&] { torch::cuda::synchronize(index); }); }
EXPORT int32_t ts_tf32(int32_t cudnn) { return cudnn ? at::globalContext().allowTF32CuDNN() : at::globalContext().allowTF32CuBLAS(); }
EXPORT void ts_set_tf32(int32_t cudnn, int32_t on) {
    if (cudnn) at::globalContext().setAllowTF32CuDNN(on);
    else at::globalContext().setAllowTF32CuBLAS(on);
}
