/* SPDX-License-Identifier: Apache-2.0 */
#include "aia.h"
#include "boot.h"
#include "dtb.h"
#include "isa.h"
#include "machine.h"
#include "plic.h"
#include "sbi.h"
#include "test.h"
#include "timer.h"
#include "trap.h"
#include "uart.h"
#include <libfdt.h>
#include <string.h>

static void each_cpu(const void *tree)
{
	int node, parent = fdt_path_offset(tree, "/cpus");
	unsigned controllers = 0;

	fdt_for_each_subnode(node, tree, parent) {
		int intc = fdt_subnode_offset(tree, node, "interrupt-controller");

		controllers += intc >= 0 &&
			       !fdt_node_check_compatible(tree, intc, "riscv,cpu-intc") &&
			       fdt_get_phandle(tree, intc);
	}
	CHECK_EQ(controllers, cpu_count(), "each hart has its interrupt controller");
	CHECK(timer_hz() > 0, "timebase-frequency %lu", timer_hz());
}

/* What is named is there. */
static void extensions(void)
{
	CHECK(isa_has("i") && isa_has("m") && isa_has("a") && isa_has("c"), "rv64imac");
	CHECK(isa_has("zicsr") && isa_has("zifencei"), "zicsr, zifencei");
	CHECK(!isa_has("h"), "no hypervisor extension");
	CHECK(isa_sv() >= 39, "mmu-type sv%u", isa_sv());
	if (isa_has("sstc"))
		CHECK_EQ(TRAP(csr_write(0x14d, ~0ull)).count, 0, "sstc: stimecmp");
	if (isa_has("f"))
		CHECK_EQ(TRAP(csr_read(0x003)).count, 0, "f: fcsr");
	if (isa_has("v"))
		CHECK_EQ(TRAP(csr_read(0xc22)).count, 0, "v: vlenb");
	if (isa_has("ssaia"))
		CHECK_EQ(TRAP(csr_read(0xdb0)).count, 0, "ssaia: stopi");
	if (isa_has("zicntr"))
		CHECK_EQ(TRAP(csr_read(time)).count, 0, "zicntr: time");
}

static void plic(void)
{
	CHECK_EQ(dtb_reg("riscv,plic0", 0), PLIC_BASE, "PLIC");
	CHECK(dtb_reg("riscv,plic0", 1) >= PLIC_SIZE, "its size");
	CHECK(dtb_cell("riscv,plic0", "riscv,ndev", 0) >= 31, "its sources");
	CHECK(dtb_cell("riscv,plic0", "interrupts-extended", cpu_count() * 4 - 1) == 9,
	      "its contexts");
}

static void aia(void)
{
	CHECK(dtb_has("riscv,aplic") && dtb_has("riscv,imsics"), "APLIC and IMSIC");
	CHECK(isa_has("ssaia"), "ssaia");
}

static void devices(void)
{
	CHECK_EQ(dtb_reg("ns16550a", 0), UART_BASE, "UART");
	CHECK_EQ(dtb_cell("ns16550a", "interrupts", 0), UART_LINE, "UART: its interrupt");
	CHECK_EQ(dtb_reg("google,goldfish-rtc", 0), RTC_BASE, "RTC");
	CHECK_EQ(dtb_cell("google,goldfish-rtc", "interrupts", 0), RTC_LINE, "RTC: its interrupt");
	CHECK(dtb_has("sifive,test0"), "test device");
	CHECK(dtb_has("syscon-poweroff") && dtb_has("syscon-reboot"), "power by test device");
}

void dtb_machine(const void *tree)
{
	each_cpu(tree);
	if (!boot_reference())
		extensions();
	if (aia_present())
		aia();
	else
		plic();
	devices();
}
