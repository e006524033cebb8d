"""Names of kernels as people say them."""

import pytest

from samprof.analysis.compare.kernel_names import kernel_name_with_dtypes, short_kernel_name

COPY = (
    "void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<"
    "at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::operator()() const::"
    "{lambda(float)#1}>(at::TensorIteratorBase&)::{lambda(int)#1}>(int, at::native::gpu_kernel_impl)"
)
MULTIPLY = (
    "void at::native::vectorized_elementwise_kernel<4, at::native::BinaryFunctor<float, float, float, "
    "at::native::binary_internal::MulFunctor<float> >, std::array<char*, 3> >(int, float)"
)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("ampere_sgemm_128x64_tn", "ampere_sgemm_128x64_tn"),
        ("triton_poi_fused_add_0", "triton_poi_fused_add_0"),
        ("Memcpy DtoH (Device -> Pageable)", "Memcpy DtoH (Device -> Pageable)"),
        ("Memset (Device)", "Memset (Device)"),
        (COPY, "elementwise_kernel<direct_copy_kernel_cuda>"),
        (MULTIPLY, "vectorized_elementwise_kernel<MulFunctor>"),
        (
            "void cutlass::Kernel<cutlass_80_gemm>(cutlass_80_gemm::Params)",
            "Kernel<cutlass_80_gemm>",
        ),
        (
            "void (anonymous namespace)::softmax_warp_forward<float, 10>(float*)",
            "softmax_warp_forward",
        ),
        (
            "fmha_cutlassF_f32(PyTorchMemEffAttention::AttentionKernel<float>::Params)",
            "fmha_cutlassF_f32",
        ),
        ("_ZN2ck12_GLOBAL__N_19kernel_abILi64EEEvv", "kernel_ab"),
        ("_Z4gemmPf", "gemm"),
        ("_Znonsense", "_Znonsense"),
        ("_ZN99999999999x", "x"),
        ("", ""),
        ("<>", "<>"),
        ("operator<", "operator"),
    ],
)
def test_a_short_name_is_what_the_kernel_is_called(name: str, short: str) -> None:
    assert short_kernel_name(name) == short


def test_dtypes_tell_kernels_apart() -> None:
    half = "void at::native::layer_norm<c10::Half, float>(int)"
    assert kernel_name_with_dtypes(half) == "layer_norm<Half, float>"
    assert (
        kernel_name_with_dtypes(COPY) == "elementwise_kernel<direct_copy_kernel_cuda, float, int>"
    )
    assert kernel_name_with_dtypes("gemm") == "gemm"
