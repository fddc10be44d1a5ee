/* SPDX-License-Identifier: Apache-2.0 */
/* SBI PMU: the counters that there are, and bad arguments. */
#include "boot.h"
#include "cpu.h"
#include "sbi.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define ALL (~0ul)

#define EVENT_CYCLES	0x00001u
#define EVENT_FIRMWARE	0xf0000u
#define FW_SET_TIMER	5u
#define FW_IPI_SENT	6u
#define SKIP_MATCH	1u
#define CLEAR_VALUE	2u
#define AUTO_START	4u
#define SET_INIT	1u
#define STOP_RESET	1u
#define INFO_FIRMWARE	(1ul << 63)
#define INFO_CSR(value) ((value) & 0xfff)

static unsigned counters;

static struct sbi_ret pmu(unsigned function, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e)
{
	return sbi_call(SBI_PMU, function, a, b, c, d, e);
}

static struct sbi_ret config(uint64_t flags, uint64_t event)
{
	return pmu(SBI_PMU_CONFIG, 0, (1ul << counters) - 1, flags, event, 0);
}

static void information(void)
{
	unsigned firmware = 0, hardware = 0, bad = 0;

	for (unsigned i = 0; i < counters; i++) {
		struct sbi_ret ret = pmu(SBI_PMU_INFO, i, 0, 0, 0, 0);

		if (ret.error == SBI_ERR_INVALID_PARAM && i == 1)
			continue; /* the place of time, which is none */
		bad += ret.error != 0;
		if ((uint64_t)ret.value & INFO_FIRMWARE)
			firmware++;
		else
			hardware += INFO_CSR(ret.value) >= 0xc00 && INFO_CSR(ret.value) < 0xc20;
	}
	CHECK_EQ(bad, 0, "information of each counter");
	CHECK(firmware > 0, "%u counters of firmware", firmware);
	print("guest: %u counters of hardware\n", hardware);
	CHECK_EQ(pmu(SBI_PMU_INFO, counters, 0, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "information of one too many");
	CHECK_EQ(pmu(SBI_PMU_INFO, ALL, 0, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "information of the last number");
}

static uint64_t read_firmware(uint64_t counter)
{
	return (uint64_t)pmu(SBI_PMU_FW_READ, counter, 0, 0, 0, 0).value;
}

/* It counts between start and stop, and keeps its value after. */
static void firmware_counter(void)
{
	struct sbi_ret ret = config(CLEAR_VALUE, EVENT_FIRMWARE | FW_SET_TIMER);
	uint64_t n = (uint64_t)ret.value;

	if (!CHECK_EQ(ret.error, SBI_SUCCESS, "a counter for set_timer"))
		return;
	CHECK_EQ(pmu(SBI_PMU_START, n, 1, SET_INIT, 100, 0).error, SBI_SUCCESS, "start at 100");
	for (unsigned i = 0; i < 5; i++)
		sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, ALL, 0, 0, 0, 0);
	CHECK_EQ(read_firmware(n), 105, "it counts five calls");
	if (!boot_reference()) /* firmware's own counters have no such state there */
		CHECK_EQ(pmu(SBI_PMU_START, n, 1, 0, 0, 0).error, SBI_ERR_ALREADY_STARTED,
			 "start again");
	CHECK_EQ(pmu(SBI_PMU_STOP, n, 1, 0, 0, 0).error, SBI_SUCCESS, "stop");
	sbi_call(SBI_TIME, SBI_TIME_SET_TIMER, ALL, 0, 0, 0, 0);
	CHECK_EQ(read_firmware(n), 105, "it keeps its value");
	if (!boot_reference())
		CHECK_EQ(pmu(SBI_PMU_STOP, n, 1, 0, 0, 0).error, SBI_ERR_ALREADY_STOPPED,
			 "stop again");
	CHECK_EQ(pmu(SBI_PMU_STOP, n, 1, STOP_RESET, 0, 0).error == SBI_ERR_INVALID_PARAM, 0,
		 "give it back");
}

static void hardware_counter(void)
{
	struct sbi_ret ret = config(CLEAR_VALUE | AUTO_START, EVENT_CYCLES);
	uint64_t n = (uint64_t)ret.value, before;

	if (ret.error) {
		CHECK_EQ(ret.error, SBI_ERR_NOT_SUPPORTED, "no counter of cycles: not supported");
		return;
	}
	CHECK_EQ(INFO_CSR(pmu(SBI_PMU_INFO, n, 0, 0, 0, 0).value), 0xc00, "cycles are in cycle");
	before = csr_read(cycle);
	delay_us(100);
	CHECK(csr_read(cycle) > before, "they go on");
	pmu(SBI_PMU_STOP, n, 1, STOP_RESET, 0, 0);
}

static void bad_arguments(void)
{
	CHECK_EQ(config(0, EVENT_FIRMWARE | 0xfff0).error == SBI_SUCCESS, 0,
		 "no such event of firmware");
	CHECK_EQ(config(0, 0xb0000).error == SBI_SUCCESS, 0, "no such type of event");
	CHECK_EQ(pmu(SBI_PMU_CONFIG, counters, 1, 0, EVENT_CYCLES, 0).error, SBI_ERR_INVALID_PARAM,
		 "configure one too many");
	CHECK_EQ(pmu(SBI_PMU_CONFIG, ALL, ALL, 0, EVENT_CYCLES, 0).error, SBI_ERR_INVALID_PARAM,
		 "configure the last numbers");
	CHECK_EQ(pmu(SBI_PMU_START, counters, 1, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "start one too many");
	CHECK_EQ(pmu(SBI_PMU_STOP, counters, 1, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "stop one too many");
	CHECK_EQ(pmu(SBI_PMU_START, ALL, ALL, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "start the last numbers");
	CHECK_EQ(pmu(SBI_PMU_FW_READ, counters, 0, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "read one too many");
	CHECK_EQ(pmu(SBI_PMU_FW_READ, 0, 0, 0, 0, 0).error, SBI_ERR_INVALID_PARAM,
		 "read one of hardware as firmware's");
}

void guest_main(void)
{
	struct sbi_ret ret = pmu(SBI_PMU_NUM, 0, 0, 0, 0, 0);

	counters = (unsigned)ret.value;
	if (!CHECK(!ret.error && counters > 0 && counters <= 64, "%u counters", counters))
		return;
	information();
	firmware_counter();
	hardware_counter();
	bad_arguments();
}
