/* SPDX-License-Identifier: Apache-2.0 */
#include "aia.h"
#include "boot.h"
#include <libfdt.h>
#include <string.h>

#define LINES 96u

/* The interrupt files of S-mode: firmware keeps those of M-mode, and disables their node. */
static int find_imsic(const void *tree)
{
	int node = tree ? fdt_node_offset_by_compatible(tree, -1, "riscv,imsics") : -1;

	while (node >= 0) {
		const char *status = fdt_getprop(tree, node, "status", NULL);

		if (!status || strcmp(status, "disabled"))
			break;
		node = fdt_node_offset_by_compatible(tree, node, "riscv,imsics");
	}
	return node;
}

bool aia_present(void)
{
	static volatile enum { UNKNOWN, NO, YES } is;

	if (is == UNKNOWN)
		is = find_imsic(boot_dtb()) >= 0 ? YES : NO;
	return is == YES;
}

static unsigned guest_index_bits(void)
{
	const void *tree = boot_dtb();
	int len = 0;
	const fdt32_t *bits = fdt_getprop(tree, find_imsic(tree), "riscv,guest-index-bits", &len);

	return bits && len == 4 ? fdt32_ld(bits) & 7 : 0;
}

uint64_t imsic_page(unsigned cpu)
{
	return IMSIC_BASE + (cpu_hwid(cpu) * IMSIC_PAGE << guest_index_bits());
}

uint64_t imsic_read(unsigned select)
{
	csr_write(0x150, select);
	return csr_read(0x151);
}

void imsic_write(unsigned select, uint64_t value)
{
	csr_write(0x150, select);
	csr_write(0x151, value);
}

/* On RV64 the registers with even numbers have 64 bits each (3.8.3). */
void imsic_set_bit(unsigned select, unsigned number, bool on)
{
	csr_write(0x150, select + number / 64 * 2);
	if (on)
		csr_set(0x151, 1ull << number % 64);
	else
		csr_clear(0x151, 1ull << number % 64);
}

bool imsic_bit(unsigned select, unsigned number)
{
	return imsic_read(select + number / 64 * 2) >> number % 64 & 1;
}

void aia_init_cpu(void)
{
	for (unsigned i = 0; i < 4; i++) {
		imsic_write(IMSIC_EIE + i * 2, 0);
		imsic_write(IMSIC_EIP + i * 2, 0);
	}
	imsic_write(IMSIC_EITHRESHOLD, 0);
	imsic_write(IMSIC_EIDELIVERY, 1);
}

static void set_source(unsigned line, uint32_t mode)
{
	write32(APLIC_BASE + APLIC_SOURCECFG + (line - 1) * 4ull, mode);
}

void aia_init(void)
{
	write32(APLIC_BASE + APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE | APLIC_DOMAINCFG_DM);
}

void aia_clear(void)
{
	for (unsigned line = 1; line < LINES; line++)
		set_source(line, APLIC_SM_INACTIVE);
}

static uint32_t source(unsigned line)
{
	return read32(APLIC_BASE + APLIC_SOURCECFG + (line - 1) * 4ull);
}

void aia_set_edge(unsigned line, bool edge)
{
	set_source(line, edge ? APLIC_SM_EDGE1 : APLIC_SM_LEVEL1);
}

/* To this CPU, under the line's own number; by level unless it has been said otherwise. */
void aia_set_enabled(unsigned line, bool on)
{
	if (source(line) == APLIC_SM_INACTIVE)
		set_source(line, APLIC_SM_LEVEL1);
	write32(APLIC_BASE + APLIC_TARGET + (line - 1) * 4ull,
		(uint32_t)cpu_hwid(cpu_id()) << 18 | line);
	write32(APLIC_BASE + (on ? APLIC_SETIENUM : APLIC_CLRIENUM), line);
	imsic_set_bit(IMSIC_EIE, line, on);
}

/* 4.9.2: a message has been sent, so that the level is looked at again only when asked for. */
void aia_eoi(unsigned line)
{
	if (source(line) == APLIC_SM_LEVEL1 || source(line) == APLIC_SM_LEVEL0)
		write32(APLIC_BASE + APLIC_SETIPNUM, line);
}

unsigned aia_claim(void)
{
	return (unsigned)(csr_swap(0x15c, 0) >> 16);
}
