/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by their compatible string. */
#ifndef DTB_H
#define DTB_H

#include <stdbool.h>
#include <stdint.h>

bool dtb_has(const char *compatible);
/* The n-th 64-bit number of a node's reg, the n-th 32-bit number of a property; else all ones. */
uint64_t dtb_reg(const char *compatible, int n);
uint32_t dtb_cell(const char *compatible, const char *property, int n);

/* The machine's own part of the test. */
void dtb_machine(const void *tree);

#endif
