/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores to devices: widths, extension, registers, compressed and full, odd ones. */
#include "aia.h"
#include "boot.h"
#include "machine.h"
#include "plic.h"
#include "test.h"
#include "trap.h"
#include "uart.h"

#define ALARM_LOW  (RTC_BASE + 0x08) /* 32 bits that keep what is written */
#define ALARM_HIGH (RTC_BASE + 0x0c)
#define CLEAR	   (RTC_BASE + 0x14)
#define SCRATCH	   (UART_BASE + UART_SCR) /* 8 bits that do */
#define NOWHERE	   0x0b000000ull	  /* no device on this machine, none on QEMU's */

#define FULL(insn)  ".option push\n.option norvc\n\t" insn "\n.option pop"
#define SHORT(insn) ".option push\n.option rvc\n\t" insn "\n.option pop"

#define LOAD(text, addr)                                                                           \
	({                                                                                         \
		register uint64_t load_value_ asm("a4") = 0x5555555555555555;                      \
		register uint64_t load_addr_ asm("a5") = (addr);                                   \
		asm volatile(text : "+r"(load_value_) : "r"(load_addr_) : "memory");               \
		load_value_;                                                                       \
	})
#define STORE(text, addr, value)                                                                   \
	({                                                                                         \
		register uint64_t store_value_ asm("a4") = (value);                                \
		register uint64_t store_addr_ asm("a5") = (addr);                                  \
		asm volatile(text ::"r"(store_value_), "r"(store_addr_) : "memory");               \
	})

static void bytes(void)
{
	STORE(FULL("sb a4, 0(a5)"), SCRATCH, 0x190);
	CHECK_EQ(LOAD(FULL("lbu a4, 0(a5)"), SCRATCH), 0x90, "lbu clears the upper bits");
	CHECK_EQ(LOAD(FULL("lb a4, 0(a5)"), SCRATCH), 0xffffffffffffff90, "lb extends the sign");
	CHECK_EQ(LOAD(FULL("lb a4, -5(a5)"), SCRATCH + 5), 0xffffffffffffff90, "with an offset");
	STORE(FULL("sb a4, 7(a5)"), UART_BASE, 0x70);
	CHECK_EQ(LOAD(FULL("lb a4, 0(a5)"), SCRATCH), 0x70, "lb of a positive value");
}

static void words(void)
{
	STORE(FULL("sw a4, 0(a5)"), ALARM_HIGH, 0x1180000001);
	CHECK_EQ(LOAD(FULL("lw a4, 0(a5)"), ALARM_HIGH), 0xffffffff80000001, "lw extends the sign");
	CHECK_EQ(LOAD(FULL("lwu a4, 0(a5)"), ALARM_HIGH), 0x80000001, "lwu does not");
	STORE(FULL("sw a4, -4(a5)"), ALARM_HIGH + 4, 0x7ffffff1);
	CHECK_EQ(LOAD(FULL("lw a4, 0(a5)"), ALARM_HIGH), 0x7ffffff1, "lw of a positive value");
	STORE(FULL("sw zero, 0(a5)"), ALARM_HIGH, 1);
	CHECK_EQ(read32(ALARM_HIGH), 0, "sw zero");
}

static void compressed(void)
{
	STORE(SHORT("c.sw a4, 0(a5)"), ALARM_HIGH, 0x81234567);
	CHECK_EQ(LOAD(SHORT("c.lw a4, 0(a5)"), ALARM_HIGH), 0xffffffff81234567, "c.sw, c.lw");
	STORE(SHORT("c.sw a4, 12(a5)"), RTC_BASE, 0x12345678);
	CHECK_EQ(LOAD(SHORT("c.lw a4, 12(a5)"), RTC_BASE), 0x12345678, "with an offset");
	CHECK_EQ(LOAD(SHORT("c.lw a4, 124(a5)"), ALARM_HIGH - 124), 0x12345678,
		 "with the greatest");
	CHECK_EQ(LOAD("mv t0, sp\n\tmv sp, %1\n\tc.lwsp %0, 0(sp)\n\tmv sp, t0", ALARM_HIGH),
		 0x12345678, "c.lwsp");
	STORE("mv t0, sp\n\tmv sp, %1\n\tc.swsp %0, 0(sp)\n\tmv sp, t0", ALARM_HIGH, 0x7654321);
	CHECK_EQ(read32(ALARM_HIGH), 0x7654321, "c.swsp");
}

/* A load into each register, and a store from each: a mistaken number shows here. */
#define INTO(n)                                                                                    \
	do {                                                                                       \
		uint64_t into_;                                                                    \
		asm volatile("lw x" #n ", 0(%1)\n\tmv %0, x" #n                                    \
			     : "=r"(into_)                                                         \
			     : "r"(ALARM_HIGH)                                                     \
			     : "memory", "x" #n);                                                  \
		CHECK_EQ(into_, 0x2bcd1234, "load into x" #n);                                     \
		asm volatile("li x" #n ", 0x100\n\taddi x" #n ", x" #n ", " #n "\n\tsw x" #n       \
			     ", 0(%0)" ::"r"(ALARM_HIGH)                                           \
			     : "memory", "x" #n);                                                  \
		CHECK_EQ(read32(ALARM_HIGH), 0x100 + n, "store from x" #n);                        \
		write32(ALARM_HIGH, 0x2bcd1234);                                                   \
	} while (0)

static void registers(void)
{
	write32(ALARM_HIGH, 0x2bcd1234);
	INTO(1);
	INTO(5);
	INTO(7);
	INTO(8);
	INTO(9);
	INTO(10);
	INTO(15);
	INTO(16);
	INTO(17);
	INTO(18);
	INTO(24);
	INTO(27);
	INTO(28);
	INTO(31);
	CHECK_EQ(TRAP(asm volatile("lw zero, 0(%0)" ::"r"(ALARM_HIGH))).count, 0, "load into x0");
	asm volatile("mv t0, sp\n\tlw sp, 0(%0)\n\tmv t1, sp\n\tmv sp, t0\n\tsw t1, 0(%1)" ::"r"(
			     ALARM_HIGH),
		     "r"(ALARM_LOW)
		     : "memory", "t0", "t1");
	CHECK_EQ(read32(ALARM_LOW), 0x2bcd1234, "load into x2");
	write32(CLEAR, 1);
}

#define ATOMIC(name, cause, ...)                                                                   \
	do {                                                                                       \
		struct trap atomic_ = TRAP(asm volatile(__VA_ARGS__));                             \
		CHECK(boot_reference() || trap_is_at(atomic_, cause, ALARM_HIGH),                  \
		      name " on a device: access fault");                                          \
	} while (0)

static void atomics(void)
{
	write32(ALARM_HIGH, 0x1000);
	ATOMIC("AMOADD.W", CAUSE_STORE_ACCESS, "amoadd.w zero, %0, (%1)" ::"r"(1ul),
	       "r"(ALARM_HIGH));
	ATOMIC("AMOSWAP.W", CAUSE_STORE_ACCESS, "amoswap.w t0, %0, (%1)" ::"r"(1ul),
	       "r"(ALARM_HIGH) : "t0");
	ATOMIC("LR.W", CAUSE_LOAD_ACCESS, "lr.w t0, (%0)" ::"r"(ALARM_HIGH) : "t0");
	if (!boot_reference())
		CHECK_EQ(read32(ALARM_HIGH), 0x1000, "they have done nothing");
	struct trap trap = TRAP(asm volatile("sc.w t0, zero, (%0)" ::"r"(ALARM_HIGH) : "t0"));
	CHECK(trap.count == 0 || trap_is_at(trap, CAUSE_STORE_ACCESS, ALARM_HIGH),
	      "SC.W without LR: fails, or access fault");
	CHECK(read32(ALARM_HIGH) == 0x1000 || boot_reference(), "and nothing is stored");
}

/* A device answers, or refuses with an access fault; nothing else. */
#define ODD(name, addr, ...)                                                                       \
	do {                                                                                       \
		struct trap odd_ = TRAP(asm volatile(__VA_ARGS__));                                \
		CHECK(odd_.count == 0 || trap_is_external(odd_, addr) ||                           \
			      trap_is(odd_, CAUSE_LOAD_MISALIGNED) ||                              \
			      trap_is(odd_, CAUSE_STORE_MISALIGNED),                               \
		      name);                                                                       \
	} while (0)

static void odd_ones(void)
{
	uint64_t last = aia_present() ? APLIC_BASE + APLIC_TARGET : plic_claim(0);

	ODD("16-bit load of a word's register", ALARM_HIGH, "lh t0, (%0)" ::"r"(ALARM_HIGH) : "t0");
	ODD("64-bit load of a word's register", ALARM_LOW, "ld t0, (%0)" ::"r"(ALARM_LOW) : "t0");
	ODD("64-bit store to a word's register", ALARM_LOW,
	    "sd zero, (%0)" ::"r"(ALARM_LOW) : "memory");
	ODD("16-bit load of a byte's register", SCRATCH - 1,
	    "lhu t0, (%0)" ::"r"(SCRATCH - 1) : "t0");
	ODD("byte of the interrupt controller", last, "lb t0, (%0)" ::"r"(last) : "t0");
	ODD("misaligned load of a device", RTC_BASE + 1, "lw t0, (%0)" ::"r"(RTC_BASE + 1) : "t0");
	ODD("misaligned store to a device", RTC_BASE + 0xe,
	    "sw zero, (%0)" ::"r"(RTC_BASE + 0xe) : "memory");
	ODD("floating-point load of a device", RTC_BASE,
	    ".option push\n.option arch, +d\n\tflw f0, (%0)\n.option pop" ::"r"(RTC_BASE));
	ODD("floating-point store to a device", ALARM_LOW,
	    ".option push\n.option arch, +d\n\tfsd f0, (%0)\n.option pop" ::"r"(
		    ALARM_LOW) : "memory");
	write32(CLEAR, 1);
}

#define NOWHERE_WIDTH(bits)                                                                        \
	do {                                                                                       \
		CHECK(trap_is_at(TRAP(read##bits(addr)), CAUSE_LOAD_ACCESS, addr),                 \
		      #bits "-bit load at %#lx: access fault", addr);                              \
		CHECK(trap_is_at(TRAP(write##bits(addr, 1)), CAUSE_STORE_ACCESS, addr),            \
		      #bits "-bit store at %#lx: access fault", addr);                             \
	} while (0)

static void unmapped(void)
{
	const uint64_t addrs[] = { NOWHERE, NOWHERE + 0xff8, 0xd0000000, 0x3000000000 };

	for (unsigned i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		uint64_t addr = addrs[i];

		NOWHERE_WIDTH(8);
		NOWHERE_WIDTH(16);
		NOWHERE_WIDTH(32);
		NOWHERE_WIDTH(64);
	}
	CHECK(trap_is_at(TRAP(asm volatile("lw zero, (%0)" ::"r"(NOWHERE))), CAUSE_LOAD_ACCESS,
			 NOWHERE),
	      "load into x0: access fault");
	CHECK(trap_is_at(TRAP(asm volatile("amoadd.w zero, zero, (%0)" ::"r"(NOWHERE))),
			 CAUSE_STORE_ACCESS, NOWHERE),
	      "AMO: access fault");
	CHECK(trap_is_at(TRAP(asm volatile("lr.d t0, (%0)" ::"r"(NOWHERE) : "t0")),
			 CAUSE_LOAD_ACCESS, NOWHERE),
	      "LR: access fault");
}

/* The end of RAM: one half of the access is memory, the other is nothing. */
static void across_the_end(void)
{
	uint64_t end = boot_ram_base() + boot_ram_size();
	struct trap trap = TRAP(asm volatile("ld t0, (%0)" ::"r"(end - 4) : "t0"));

	CHECK(trap_is(trap, CAUSE_LOAD_ACCESS) || trap_is(trap, CAUSE_LOAD_MISALIGNED),
	      "load across the end of RAM");
	trap = TRAP(asm volatile("sd zero, (%0)" ::"r"(end - 4) : "memory"));
	CHECK(trap_is(trap, CAUSE_STORE_ACCESS) || trap_is(trap, CAUSE_STORE_MISALIGNED),
	      "store across the end of RAM");
}

void guest_main(void)
{
	bytes();
	words();
	compressed();
	registers();
	atomics();
	odd_ones();
	unmapped();
	across_the_end();
}
