"""Names of kernels as people say them: without namespaces, arguments and template parameters."""

import re

_GENERIC = re.compile(r"elementwise|reduce_kernel|^Kernel2?$")
"""Kernels that say what they compute in their template parameters only."""
_INSIDE = re.compile(r"\bat::native::(?:\(anonymous namespace\)::|\w+::)*(\w+)|\b(cutlass_\w+)")
_WRAPPERS = re.compile(
    r"^(gpu_\w+|\w*(Unary|Binary)Functor|ReduceOp|func_wrapper_t|(Load|Store)\w+)$"
)
_LENGTH = re.compile(r"\d+")
_DTYPE = re.compile(
    r"\b(float|double|half|long|int|short|bool|signed char|unsigned char|Half|BFloat16|Float8_\w+"
    r"|half_t|bfloat16_t|__half|__nv_bfloat16|__hip_bfloat16)\b"
)


def short_kernel_name(name: str) -> str:
    """The name of a kernel without namespaces, arguments and template parameters.

    Of PyTorch's generic kernels what they compute is kept. Mangled names are read as far as their own
    name.

    Example:
        >>> short_kernel_name("void at::native::vectorized_layer_norm_kernel<float, float>(int)")
        'vectorized_layer_norm_kernel'
        >>> short_kernel_name("void at::native::elementwise_kernel<4, at::native::AbsFunctor<int> >()")
        'elementwise_kernel<AbsFunctor>'
        >>> short_kernel_name("_ZN7ck_tile6kentryILi1ENS_12Rmsnorm2dFwdE")
        'kentry'
        >>> short_kernel_name("Memcpy DtoH (Device -> Pageable)")
        'Memcpy DtoH (Device -> Pageable)'
    """
    if name.startswith(("Memcpy", "Memset")):
        return name
    if name.startswith("_Z"):
        return _mangled(name) or name
    base, parameters = _parts(name)
    if _GENERIC.search(base):
        named = (found[1] or found[2] for found in _INSIDE.finditer(parameters))
        inside = [one for one in named if not _WRAPPERS.match(one)]
        return f"{base}<{inside[0]}>" if inside else base
    return base


def kernel_name_with_dtypes(name: str) -> str:
    """The short name with the types of its numbers, for kernels that differ in them.

    Example:
        >>> kernel_name_with_dtypes("void at::native::norm_kernel<c10::Half, float>(int)")
        'norm_kernel<Half, float>'
    """
    short = short_kernel_name(name)
    dtypes = ", ".join(dict.fromkeys(_DTYPE.findall(_parts(name)[1])))
    if not dtypes:
        return short
    return f"{short[:-1]}, {dtypes}>" if short.endswith(">") else f"{short}<{dtypes}>"


def _parts(name: str) -> tuple[str, str]:
    """The own name, and its template parameters with their brackets."""
    plain = name.removeprefix("void ").replace("(anonymous namespace)::", "")
    opening = min((at for at in map(plain.find, "<(") if at >= 0), default=len(plain))
    base = plain[:opening].rpartition("::")[2].strip()
    return (base, _bracketed(plain[opening:])) if base else (name, "")


def _bracketed(text: str) -> str:
    """The part up to the bracket that closes the first one; empty if that is no `<`."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if depth == 0:
            return text[: place + 1] if place else ""
    return text


def _mangled(name: str) -> str:
    """The last of the nested names at the beginning of an Itanium-mangled one."""
    place = len("_ZN") if name.startswith("_ZN") else len("_Z")
    found = ""
    while length := _LENGTH.match(name, place):
        end = length.end() + int(length[0][:4])
        found, place = name[length.end() : end], end
    return found
