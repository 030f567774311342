package cpu

//go:generate go -C kernelgen run . -kernels gemm_avx512 -pkg cpu -out ../gemm_avx512_amd64.s -stubs ../gemm_avx512_amd64.go
//go:generate go -C kernelgen run . -kernels gemm_avx2 -pkg cpu -out ../gemm_avx2_amd64.s -stubs ../gemm_avx2_amd64.go
//go:generate go -C kernelgen run . -kernels loops_avx512 -pkg cpu -out ../loops_avx512_amd64.s -stubs ../loops_avx512_amd64.go
//go:generate go -C kernelgen run . -kernels loops_avx2 -pkg cpu -out ../loops_avx2_amd64.s -stubs ../loops_avx2_amd64.go
//go:generate go -C kernelgen run . -kernels straight_avx512 -pkg cpu -out ../straight_avx512_amd64.s -stubs ../straight_avx512_amd64.go
//go:generate go -C kernelgen run . -kernels straight_avx2 -pkg cpu -out ../straight_avx2_amd64.s -stubs ../straight_avx2_amd64.go
