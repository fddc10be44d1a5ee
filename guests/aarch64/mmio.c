/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores to devices: widths, extension, registers, odd instructions, odd addresses. */
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "trap.h"
#include "uart.h"

#define RTC_MATCH	     0x09010004ull
#define NOWHERE		     0x0b000000ull /* no device on this machine, none on QEMU's */
#define ALIAS_NORMAL_DEVICES 0x7fc0000000ull
#define PRIORITIES	     (GICD_BASE + GIC_IPRIORITYR + 40)
#define ROUTER		     (GICD_BASE + GICD_IROUTER + 40 * 8)

#define LOAD(instruction, format, addr)                                                            \
	({                                                                                         \
		uint64_t load_value_ = 0x5555555555555555;                                         \
		asm volatile(instruction " %" format "0, [%1]"                                     \
			     : "+r"(load_value_)                                                   \
			     : "r"(addr)                                                           \
			     : "memory");                                                          \
		load_value_;                                                                       \
	})

static void bytes(void)
{
	write8(PRIORITIES + 1, 0x90);
	CHECK_EQ(read8(PRIORITIES + 1), 0x90, "byte");
	CHECK_EQ(LOAD("ldrb", "w", PRIORITIES + 1), 0x90, "ldrb clears the upper bits");
	CHECK_EQ(LOAD("ldrsb", "w", PRIORITIES + 1), 0xffffff90, "ldrsb to W");
	CHECK_EQ(LOAD("ldrsb", "x", PRIORITIES + 1), 0xffffffffffffff90, "ldrsb to X");
	write8(PRIORITIES + 1, 0x70);
	CHECK_EQ(LOAD("ldrsb", "x", PRIORITIES + 1), 0x70, "ldrsb of a positive value");
}

static void halfwords(void)
{
	write16(UART_BASE + UART_IBRD, 0x8123);
	CHECK_EQ(LOAD("ldrh", "w", UART_BASE + UART_IBRD), 0x8123, "ldrh");
	CHECK_EQ(LOAD("ldrsh", "w", UART_BASE + UART_IBRD), 0xffff8123, "ldrsh to W");
	CHECK_EQ(LOAD("ldrsh", "x", UART_BASE + UART_IBRD), 0xffffffffffff8123, "ldrsh to X");
	write16(UART_BASE + UART_IBRD, 0x123);
	CHECK_EQ(LOAD("ldrsh", "x", UART_BASE + UART_IBRD), 0x123, "ldrsh of a positive value");
}

static void words(void)
{
	write32(RTC_MATCH, 0x80000001);
	CHECK_EQ(LOAD("ldr", "w", RTC_MATCH), 0x80000001, "ldr W clears the upper half");
	CHECK_EQ(LOAD("ldrsw", "x", RTC_MATCH), 0xffffffff80000001, "ldrsw");
	write32(RTC_MATCH, 0x7ffffff1);
	CHECK_EQ(LOAD("ldrsw", "x", RTC_MATCH), 0x7ffffff1, "ldrsw of a positive value");
	CHECK_EQ(LOAD("ldur", "w", RTC_MATCH), 0x7ffffff1, "ldur");
	CHECK_EQ(LOAD("ldar", "w", RTC_MATCH), 0x7ffffff1, "ldar");
	asm volatile("stlr %w0, [%1]" ::"r"(0x12345678ul), "r"(RTC_MATCH) : "memory");
	CHECK_EQ(read32(RTC_MATCH), 0x12345678, "stlr");
}

static void doublewords(void)
{
	write64(ROUTER, 0x1);
	CHECK_EQ(LOAD("ldr", "x", ROUTER), 0x1, "64-bit access");
	write64(ROUTER, 0);
	CHECK_EQ(read64(ROUTER), 0, "64-bit access, other value");
	CHECK_EQ(read64(gicr(0) + GICR_TYPER) >> 32, cpu_hwid(0), "upper half of GICR_TYPER");
	CHECK_EQ(read32(gicr(0) + GICR_TYPER + 4), cpu_hwid(0), "upper half as a word");
}

static void zero_register(void)
{
	write32(RTC_MATCH, 0x1234);
	asm volatile("str wzr, [%0]" ::"r"(RTC_MATCH) : "memory");
	CHECK_EQ(read32(RTC_MATCH), 0, "str wzr stores zero");
	CHECK_EQ(TRAP(asm volatile("ldr wzr, [%0]" ::"r"(RTC_MATCH) : "memory")).count, 0,
		 "ldr wzr");
	CHECK_EQ(TRAP(asm volatile("ldr xzr, [%0]" ::"r"(ROUTER) : "memory")).count, 0, "ldr xzr");
	CHECK_EQ(TRAP(asm volatile("ldrsb xzr, [%0]" ::"r"(PRIORITIES))).count, 0, "ldrsb xzr");
}

/* A load into each register: a mistaken register number shows here. */
#define INTO(n)                                                                                    \
	({                                                                                         \
		uint64_t into_;                                                                    \
		asm volatile("ldr w" #n ", [%1]\n\tmov %0, x" #n                                   \
			     : "=r"(into_)                                                         \
			     : "r"(RTC_MATCH)                                                      \
			     : "memory", "x" #n);                                                  \
		CHECK_EQ(into_, 0xabcd1234, "load into register " #n);                             \
	})

static void registers(void)
{
	write32(RTC_MATCH, 0xabcd1234);
	INTO(0);
	INTO(1);
	INTO(8);
	INTO(15);
	INTO(17);
	INTO(18);
	INTO(28);
	INTO(30);
}

/*
 * An instruction without a syndrome works, or raises an external abort; it does nothing else, and
 * nothing dies of it.
 */
#define ODD(name, ...)                                                                             \
	({                                                                                         \
		struct trap odd_ = TRAP(asm volatile(__VA_ARGS__));                                \
		CHECK(odd_.count == 0 ||                                                           \
			      (trap_is(odd_, EC_DABORT) && (ESR_FSC(odd_.esr) == FSC_EXTERNAL ||   \
							    ESR_FSC(odd_.esr) == FSC_ALIGNMENT)),  \
		      name);                                                                       \
	})

static void odd_instructions(void)
{
	uint64_t addr = RTC_MATCH;

	ODD("pre-index load", "ldr w1, [%0, #0]!" : "+r"(addr)::"x1", "memory");
	addr = RTC_MATCH;
	ODD("post-index store", "str wzr, [%0], #4" : "+r"(addr)::"memory");
	ODD("pair load", "ldp w1, w2, [%0]" ::"r"(UART_BASE + UART_IMSC) : "x1", "x2", "memory");
	ODD("pair store", "stp wzr, wzr, [%0]" ::"r"(PRIORITIES & ~7ull) : "memory");
	ODD("exclusive load", "ldxr w1, [%0]" ::"r"(RTC_MATCH) : "x1", "memory");
	ODD("exclusive store", "stxr w1, wzr, [%0]" ::"r"(RTC_MATCH) : "x1", "memory");
	ODD("vector load", ".arch_extension simd\n\tld1 {v0.4s}, [%0]" ::"r"(UART_BASE) : "memory");
	ODD("vector store",
	    ".arch_extension simd\n\tst1 {v0.4s}, [%0]" ::"r"(PRIORITIES & ~15ull) : "memory");
	ODD("DC ZVA", "dc zva, %0" ::"r"(PRIORITIES) : "memory");
	ODD("DC CIVAC", "dc civac, %0" ::"r"(UART_BASE) : "memory");
	ODD("DC CIVAC nowhere", "dc civac, %0" ::"r"(NOWHERE) : "memory");
	ODD("PRFM", "prfm pldl1keep, [%0]" ::"r"(NOWHERE));
}

#define NOWHERE_WIDTH(bits)                                                                        \
	do {                                                                                       \
		CHECK(trap_is_external(TRAP(read##bits(addr)), addr),                              \
		      #bits "-bit read at %#lx: external abort", addr);                            \
		struct trap trap_ = TRAP(write##bits(addr, 1));                                    \
		CHECK(trap_is_external(trap_, addr) && (trap_.esr & ESR_WNR),                      \
		      #bits "-bit write at %#lx: external abort", addr);                           \
	} while (0)

static void unmapped(void)
{
	const uint64_t addrs[] = { NOWHERE, NOWHERE + 0xff8, 0xc0000000, 0x7000000000 };

	for (unsigned i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		uint64_t addr = addrs[i];

		NOWHERE_WIDTH(8);
		NOWHERE_WIDTH(16);
		NOWHERE_WIDTH(32);
		NOWHERE_WIDTH(64);
	}
	CHECK(trap_is_external(TRAP(asm volatile("ldr wzr, [%0]" ::"r"(NOWHERE))), NOWHERE),
	      "ldr wzr: external abort");
}

/* An alignment fault (B2.5.2), which QEMU does not raise each time; then the device is asked. */
static void unaligned(void)
{
	ODD("unaligned read of device memory", "ldr w1, [%0]" ::"r"(RTC_MATCH + 1) : "x1");
	ODD("unaligned write of device memory", "str xzr, [%0]" ::"r"(ROUTER + 4) : "memory");
}

/* Through normal memory, where the CPU does not object to the address itself. */
static void across_the_end(void)
{
	uint64_t last = ALIAS_NORMAL_DEVICES + GICD_BASE + GICD_SIZE - 4;
	struct trap trap = TRAP(read64(last));

	CHECK(trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_EXTERNAL,
	      "read across the end of a device: external abort");
	trap = TRAP(write64(last, 0));
	CHECK(trap_is(trap, EC_DABORT) && ESR_FSC(trap.esr) == FSC_EXTERNAL,
	      "write across the end of a device: external abort");
	CHECK_EQ(TRAP(read32(last)).count, 0, "the device's last word");
	trap = TRAP(read32(ALIAS_NORMAL_DEVICES + GICD_BASE + GICD_SIZE));
	CHECK(trap_is(trap, EC_DABORT), "the word behind it");
	CHECK_EQ(TRAP(read32(ALIAS_NORMAL_DEVICES + RTC_MATCH + 2)).count & ~1u, 0,
		 "unaligned within a device");
}

void guest_main(void)
{
	bytes();
	halfwords();
	words();
	doublewords();
	zero_register();
	registers();
	odd_instructions();
	unmapped();
	unaligned();
	across_the_end();
}
