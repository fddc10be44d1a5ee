/* SPDX-License-Identifier: Apache-2.0 */
/* The same with the entries of RISC-V's G stage. */
#include "fuzz_memory.c"
