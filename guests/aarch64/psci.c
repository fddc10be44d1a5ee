/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI and SMCCC calls, with good and with bad arguments. Needs two CPUs. */
#include "psci.h"
#include "../../include/axvm/hypercall.h"
#include "boot.h"
#include "gic.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define NO_CPU 0xfeull /* an affinity that no CPU here has */

uint64_t psci_registers(void);

typedef int64_t (*conduit_fn)(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

static const char *conduit_name;
static conduit_fn conduit;

static int call(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
	return (int)conduit(function, a, b, c);
}

#define RETURNS(want, function, a, b, c, ...)                                                      \
	CHECK_EQ((int64_t)call(function, a, b, c), (int64_t)(want), __VA_ARGS__)

static void version(void)
{
	int version = call(PSCI_VERSION, 0, 0, 0);

	CHECK(version == 0x10001 || boot_reference(), "%s: PSCI_VERSION %#x", conduit_name,
	      (unsigned)version);
	RETURNS(2, PSCI_MIGRATE_INFO_TYPE, 0, 0, 0, "%s: MIGRATE_INFO_TYPE: not required",
		conduit_name);
	RETURNS(PSCI_NOT_SUPPORTED, PSCI_MIGRATE, 0, 0, 0, "%s: MIGRATE", conduit_name);
}

static void features(void)
{
	static const uint32_t known[] = {
		PSCI_VERSION,	      PSCI_CPU_SUSPEND32, PSCI_CPU_SUSPEND,
		PSCI_CPU_OFF,	      PSCI_CPU_ON32,	  PSCI_CPU_ON,
		PSCI_AFFINITY_INFO32, PSCI_AFFINITY_INFO, PSCI_MIGRATE_INFO_TYPE,
		PSCI_SYSTEM_OFF,      PSCI_SYSTEM_RESET,  PSCI_FEATURES,
	};
	static const uint32_t unknown[] = { PSCI_MIGRATE, 0x84000099, 0xc4000099, 0,
					    0xffffffff,	  0xc4000002 };

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		CHECK(call(PSCI_FEATURES, known[i], 0, 0) >= 0, "%s: PSCI_FEATURES knows %#x",
		      conduit_name, known[i]);
	for (unsigned i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		RETURNS(PSCI_NOT_SUPPORTED, PSCI_FEATURES, unknown[i], 0, 0,
			"%s: PSCI_FEATURES does not know %#x", conduit_name, unknown[i]);
	if (boot_reference())
		return;
	CHECK(call(PSCI_FEATURES, PSCI_SYSTEM_RESET2, 0, 0) >= 0,
	      "%s: PSCI_FEATURES knows SYSTEM_RESET2", conduit_name);
	CHECK(call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) >= 0,
	      "%s: PSCI_FEATURES knows SMCCC_VERSION", conduit_name);
}

static void smccc(void)
{
	int version = call(SMCCC_VERSION, 0, 0, 0);

	CHECK(version >= 0x10001, "%s: SMCCC_VERSION %#x", conduit_name, (unsigned)version);
	CHECK(call(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0) >= 0,
	      "%s: SMCCC_ARCH_FEATURES knows SMCCC_VERSION", conduit_name);
	CHECK(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES, 0, 0) >= 0,
	      "%s: SMCCC_ARCH_FEATURES knows itself", conduit_name);
	RETURNS(PSCI_NOT_SUPPORTED, SMCCC_ARCH_FEATURES, SMCCC_ARCH_SOC_ID, 0, 0,
		"%s: SMCCC_ARCH_FEATURES: no SOC_ID", conduit_name);
	RETURNS(PSCI_NOT_SUPPORTED, SMCCC_ARCH_FEATURES, 0x12345678, 0, 0,
		"%s: SMCCC_ARCH_FEATURES: a number nobody has", conduit_name);
}

/* DEN 0028, 5.2: an unknown function returns -1 in all of X0, whatever service it is of. */
static void unknown(void)
{
	static const uint32_t functions[] = {
		0x84000099, 0xc4000099, 0x8400ffff, 0xc400001f, 0x80000099, 0xc0000099,
		0x82000000, 0x83000000, 0x85000000, 0x86000000, 0x87000000, 0xb2000000,
		0x00000000, 0x7fffffff, 0xffffffff, 0xc4000002, 0xc4000008,
	};

	for (unsigned i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		CHECK_EQ(conduit(functions[i], 1, 2, 3), -1, "%s: unknown function %#x",
			 conduit_name, functions[i]);
}

static void bad_arguments(void)
{
	uint64_t entry = (uint64_t)secondary;

	RETURNS(PSCI_INVALID_PARAMETERS, PSCI_CPU_ON, NO_CPU, entry, 0, "%s: CPU_ON: no such CPU",
		conduit_name);
	RETURNS(PSCI_INVALID_PARAMETERS, PSCI_CPU_ON, 0xff00000000, entry, 0,
		"%s: CPU_ON: no such Aff3", conduit_name);
	RETURNS(PSCI_ALREADY_ON, PSCI_CPU_ON, cpu_hwid(0), entry, 0, "%s: CPU_ON of the caller",
		conduit_name);
	RETURNS(PSCI_ALREADY_ON, PSCI_CPU_ON32, cpu_hwid(0), entry, 0,
		"%s: CPU_ON of the caller, 32-bit form", conduit_name);
	RETURNS(PSCI_INVALID_PARAMETERS, PSCI_AFFINITY_INFO, NO_CPU, 0, 0,
		"%s: AFFINITY_INFO: no such CPU", conduit_name);
	RETURNS(PSCI_INVALID_PARAMETERS, PSCI_AFFINITY_INFO32, NO_CPU, 0, 0,
		"%s: AFFINITY_INFO: no such CPU, 32-bit form", conduit_name);
	RETURNS(PSCI_AFFINITY_ON, PSCI_AFFINITY_INFO, cpu_hwid(0), 0, 0,
		"%s: AFFINITY_INFO of the caller", conduit_name);
	CHECK(call(PSCI_AFFINITY_INFO, cpu_hwid(0), 9, 0) == PSCI_INVALID_PARAMETERS ||
		      boot_reference(),
	      "%s: AFFINITY_INFO: no such level", conduit_name);
	if (boot_reference())
		return;
	RETURNS(PSCI_INVALID_ADDRESS, PSCI_CPU_ON, cpu_hwid(1), 0x0b000000, 0,
		"%s: CPU_ON: entry where no memory is", conduit_name);
	RETURNS(PSCI_INVALID_PARAMETERS, PSCI_SYSTEM_RESET2, 5, 0, 0,
		"%s: SYSTEM_RESET2: reserved type", conduit_name);
	RETURNS(PSCI_AFFINITY_OFF, PSCI_AFFINITY_INFO, cpu_hwid(1), 0, 0,
		"%s: the other CPU is still off", conduit_name);
}

static volatile unsigned rounds;
static volatile uint64_t context, current_el;
static volatile bool stay;

static void other(void)
{
	context = mrs(tpidr_el1);
	current_el = mrs(CurrentEL);
	rounds++;
	while (stay)
		cpu_relax();
}

static void on_and_off(uint32_t on)
{
	unsigned before = rounds;

	stay = true;
	CHECK(cpu_start(1, other), "%s: CPU_ON", conduit_name);
	CHECK(wait_for(rounds == before + 1, 2000000), "%s: it runs", conduit_name);
	CHECK_EQ(context, 1, "%s: its context argument", conduit_name);
	CHECK_EQ(current_el, 4, "%s: at EL1", conduit_name);
	RETURNS(PSCI_AFFINITY_ON, PSCI_AFFINITY_INFO, cpu_hwid(1), 0, 0, "%s: AFFINITY_INFO: on",
		conduit_name);
	RETURNS(PSCI_ALREADY_ON, on, cpu_hwid(1), (uint64_t)secondary, 0,
		"%s: CPU_ON of a CPU that is on", conduit_name);
	stay = false;
	CHECK(cpu_wait_off(1), "%s: CPU_OFF", conduit_name);
	CHECK_EQ(rounds, before + 1, "%s: it ran once", conduit_name);
}

/* A stand-by state: returns at the next interrupt, masked or not. */
static void suspend(void)
{
	gic_enable(TIMER_VIRTUAL_INTID);
	msr(cntv_cval_el0, timer_now() + timer_ticks(20000));
	msr(cntv_ctl_el0, TIMER_ENABLE);
	isb();
	RETURNS(PSCI_SUCCESS, PSCI_CPU_SUSPEND, 0, 0, 0, "%s: CPU_SUSPEND, stand-by", conduit_name);
	CHECK(wait_for(mrs(cntv_ctl_el0) & TIMER_ISTATUS, 2000000), "%s: until an interrupt",
	      conduit_name);
	RETURNS(PSCI_SUCCESS, PSCI_CPU_SUSPEND32, 0, 0, 0,
		"%s: CPU_SUSPEND with an interrupt pending, 32-bit form", conduit_name);
	msr(cntv_ctl_el0, 0);
	gic_disable(TIMER_VIRTUAL_INTID);
}

/* By either conduit, and nothing besides them in the hypervisors' range. */
static void hypercalls(void)
{
	CHECK_EQ(conduit(AXVM_HYPERCALL_SMCCC, 0, 0, 0), AXVM_HYPERCALL_VERSION_1, "%s: hypercall",
		 conduit_name);
	RETURNS(PSCI_NOT_SUPPORTED, 0xc7000000, 0, 0, 0, "%s: not AxVM's range", conduit_name);
}

static void through(conduit_fn fn, const char *name)
{
	conduit = fn;
	conduit_name = name;
	version();
	features();
	if (!boot_reference()) {
		smccc();
		hypercalls();
	}
	unknown();
	bad_arguments();
	on_and_off(PSCI_CPU_ON);
	on_and_off(PSCI_CPU_ON32);
	suspend();
}

void guest_main(void)
{
	if (!CHECK(cpu_count() > 1, "%u CPUs", cpu_count()))
		return;
	CHECK_EQ(psci_registers(), 0, "a call keeps X4 to X17 (DEN 0028F, 2.6)");
	through(hvc, "HVC");
	if (!boot_reference()) /* QEMU's own machine has one conduit */
		through(smc, "SMC");
}
