"""The kernels, copies and fills that PyTorch launches for SAM's encoder, named as in real traces."""

from dataclasses import dataclass, replace

MAIN_STREAM, SIDE_STREAM, COPY_STREAM, GRAPH_STREAM = 7, 20, 24, 158


@dataclass(frozen=True, slots=True)
class Activity:
    """A kernel, copy or fill on the device.

    Attributes:
        name: as in the trace.
        ns: its usual duration.
        shape: its other args as JSON text: registers, grid and occupancy, or bytes.
        stream: the stream on which it runs.
        category: as in the trace.
        node: the id of its node in a graph, if the trace tells it.
        owner: the range around the launch that was captured, for an activity of a captured graph.
    """

    name: str
    ns: int
    shape: str
    stream: int = MAIN_STREAM
    category: str = "kernel"
    node: int | None = None
    owner: str | None = None


def gemm(ns: int) -> Activity:
    """A matrix product."""
    return _kernel("ampere_bf16_s16816gemm_bf16_128x256_ldg8_f2f_stages_64x3_tn", ns, 160, 256)


def softmax(ns: int) -> Activity:
    """A softmax over the last dimension."""
    name = (
        "void at::native::(anonymous namespace)::cunn_SoftMaxForward<8, c10::BFloat16, float, "
        "c10::BFloat16, at::native::(anonymous namespace)::SoftMaxForwardEpilogue>"
        "(c10::BFloat16*, c10::BFloat16 const*, int)"
    )
    return _kernel(name, ns, 9408, 256)


def _kernel(name: str, ns: int, blocks: int, threads: int = 128) -> Activity:
    values = {
        "registers per thread": 32,
        "shared memory": 0,
        "blocks per SM": round(blocks / 108, 6),
        "warps per SM": round(blocks * threads / 32 / 108, 6),
        "grid": [blocks, 1, 1],
        "block": [threads, 1, 1],
        "est. achieved occupancy %": min(100, 100 * blocks * threads // (2048 * 108)),
    }
    return Activity(name, ns, ",      ".join(f'"{key}": {value}' for key, value in values.items()))


def _elementwise(functor: str, ns: int) -> Activity:
    name = (
        f"void at::native::vectorized_elementwise_kernel<4, at::native::{functor}, "
        f"std::array<char*, 3ul> >(int, at::native::{functor}, std::array<char*, 3ul>)"
    )
    return _kernel(name, ns, 6144)


def _transfer(name: str, ns: int, size: int, stream: int = MAIN_STREAM) -> Activity:
    category = "gpu_memset" if name.startswith("Memset") else "gpu_memcpy"
    shape = f'"bytes": {size}, "memory bandwidth (GB/s)": {size / ns}'
    return Activity(name, ns, shape, stream, category)


def _layout_change(name: str) -> Activity:
    kernel = (
        f"void cudnn::engines_precompiled::{name}Kernel<__nv_bfloat16, __nv_bfloat16, float, false, "
        "true, (cudnnKernelDataType_t)0>(cudnn::engines_precompiled::params_t<float>)"
    )
    return _kernel(kernel, 10_000, 6144, 256)


ADD = _elementwise("CUDAFunctor_add<c10::BFloat16>", 11_000)
SUB = _elementwise("CUDAFunctorOnSelf_add<c10::BFloat16>", 4_000)
MUL = _elementwise("AUnaryFunctor<c10::BFloat16, at::native::binary_internal::MulFunctor>", 7_000)
GELU = _elementwise("GeluCUDAKernelImpl(at::TensorIteratorBase&, at::native::GeluType)", 31_000)
_COPY_FUNCTOR = (
    "direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::operator()() const::"
    "{lambda()#12}::operator()() const::{lambda(c10::BFloat16)#1}"
)
COPY = _kernel(
    "void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<at::native::"
    f"{_COPY_FUNCTOR}>(at::TensorIteratorBase&, at::native::{_COPY_FUNCTOR} const&)::{{lambda(int)#1}}>"
    f"(int, at::native::gpu_kernel_impl_nocast<at::native::{_COPY_FUNCTOR}>::{{lambda(int)#1}})",
    21_000,
    12288,
)
ARANGE = _kernel(
    "void (anonymous namespace)::elementwise_kernel_with_index<int, long>(int)", 1_500, 1, 64
)
INDEX = _kernel(
    "void at::native::index_elementwise_kernel<128, 4, at::native::gpu_index_kernel<at::native::"
    "index_kernel_impl<at::native::OpaqueType<2> > > >(long, at::native::OffsetCalculator<3>)",
    3_500,
    98,
)
MEAN = _kernel(
    "void at::native::reduce_kernel<512, 1, at::native::ReduceOp<c10::BFloat16, at::native::MeanOps"
    "<c10::BFloat16, float, float>, unsigned int, c10::BFloat16, 4> >(at::native::ReduceOp)",
    9_000,
    512,
)
LAYER_NORM = _kernel(
    "void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<c10::BFloat16, float>(int, "
    "float, c10::BFloat16 const*, c10::BFloat16 const*, float*, float*, c10::BFloat16*)",
    14_000,
    4096,
)
CONVOLUTION = _kernel(
    "void cutlass__5x_cudnn::Kernel<cutlass_tensorop_bf16_s16816fprop_optimized_bf16_256x64_32x4>"
    "(cutlass_tensorop_bf16_s16816fprop_optimized_bf16_256x64_32x4::Params)",
    98_000,
    48,
)
TO_NHWC, TO_NCHW = _layout_change("nchwToNhwc"), _layout_change("nhwcToNchw")
SIDE_GEMM = replace(gemm(13_000), stream=SIDE_STREAM)
TO_DEVICE = _transfer("Memcpy HtoD (Pageable -> Device)", 308_000, 6_291_456, COPY_STREAM)
TO_HOST = _transfer("Memcpy DtoH (Device -> Pageable)", 95_000, 2_097_152, COPY_STREAM)
ON_DEVICE = _transfer("Memcpy DtoD (Device -> Device)", 9_000, 6_291_456)
FILL = _transfer("Memset (Device)", 5_000, 7_526_400)
