/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four vCPUs that do anything to their interrupt controller: any register in any width, SGIs,
 * acknowledging and ending; with lines that move, and vCPUs that leave their CPUs and come back.
 * The model checks the list registers at every entry.
 */
#include "../unit/vgic_model.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static unsigned taken[CPUS][32], depth[CPUS]; /* acknowledged and not ended */

static uint64_t any_register(struct input *in)
{
	uint8_t where = input_u8(in);
	unsigned offset = input_u16(in);

	switch (where % 4) {
	case 0:
		return GICD + offset % 0x1000;
	case 1:
		return GICD + offset;
	case 2:
		return SGI(where / 4 % CPUS) + offset % 0x1000;
	default:
		return RD(where / 4 % CPUS) + offset * 2u;
	}
}

static void access(struct input *in, unsigned cpu, bool write)
{
	unsigned width = input_width(in);
	uint64_t gpa = any_register(in);

	if (!bus_find(&vm.bus, gpa, width))
		return;
	if (write)
		wr(cpu, gpa, width, input_u64(in));
	else
		must(width == 8 || rd(cpu, gpa, width) >> (8 * width) == 0);
}

static void acknowledge(unsigned cpu)
{
	unsigned intid;

	if (depth[cpu] == 32)
		return;
	intid = ack_any(cpu);
	if (intid == SPURIOUS)
		return;
	must(intid < 288);
	taken[cpu][depth[cpu]++] = intid;
}

static void end(unsigned cpu)
{
	if (depth[cpu] > 0)
		eoi(cpu, taken[cpu][--depth[cpu]]);
}

static void step(struct input *in)
{
	uint8_t op = input_u8(in);
	unsigned cpu = (op >> 4) % CPUS;

	if (!vcpus[cpu].arch.vgic.loaded)
		run_on(cpu);
	switch (op & 15) {
	case 0:
		leave(cpu);
		break;
	case 1:
	case 2:
		self = cpu;
		set_line(32 + input_u16(in) % 300, op >> 7);
		break;
	case 3:
		self = cpu;
		vgic_sgi(&vcpus[cpu], input_u64(in), op >> 7);
		enter(cpu);
		break;
	case 4:
	case 5:
	case 6:
		acknowledge(cpu);
		break;
	case 7:
	case 8:
		end(cpu);
		break;
	case 9:
	case 10:
		access(in, cpu, false);
		break;
	default:
		access(in, cpu, true);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	memset(depth, 0, sizeof(depth));
	start(1 + input_u8(&in) % 16);
	while (in.left)
		step(&in);
	return 0;
}
