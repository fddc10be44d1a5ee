/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harts that do anything to their APLIC and IMSIC: any register in any width, any message; with
 * wires that move, and vCPUs that leave their CPUs for others. The model checks what is done to the
 * CPUs' guest interrupt files.
 */
#include "../unit/aia_model.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void access_aplic(struct input *in, bool write)
{
	unsigned width = input_width(in);
	uint64_t gpa = APLIC + input_u16(in) % APLIC_SIZE;

	if (!bus_find(&vm.bus, gpa, width))
		return;
	if (write)
		wr(gpa, width, input_u64(in));
	else
		must(rd(gpa, width) >> 32 == 0);
}

static void access_page(struct input *in)
{
	unsigned width = input_width(in);
	uint64_t gpa = IMSIC + input_u16(in) % 0x4000u;

	if (!bus_find(&vm.bus, gpa, width))
		return;
	wr(gpa, width, input_u64(in));
	must(rd(gpa, width) == 0);
}

static bool runs(unsigned vcpu)
{
	for (unsigned pcpu = 0; pcpu < PCPUS; pcpu++)
		if (pcpus[pcpu].bound == &vcpus[vcpu])
			return true;
	return false;
}

/* A vCPU comes to a CPU that has none, or that CPU's goes. */
static void move(unsigned pcpu, unsigned vcpu, enum axvm_exit_reason reason)
{
	if (pcpus[pcpu].bound)
		unbind(pcpu, reason);
	else if (!runs(vcpu))
		bind(pcpu, vcpu);
}

/* What a guest may do to its own file. */
static void own_file(struct input *in, unsigned pcpu)
{
	struct file *f;

	if (!pcpus[pcpu].bound)
		return;
	enable_all(pcpu);
	claim(pcpu);
	f = file_of(pcpu);
	f->eidelivery = input_u8(in) & 1;
	f->eithreshold = input_u8(in);
	f->eie[input_u8(in) % WORDS] = input_u64(in);
	f->eie[0] &= ~1ull;
	pcpus[pcpu].select = input_u64(in);
	claim(pcpu);
}

static void step(struct input *in)
{
	uint8_t op = input_u8(in), who = input_u8(in);
	unsigned pcpu = who % PCPUS, vcpu = who / PCPUS % vm.vcpu_num;

	self = pcpu;
	switch (op % 9) {
	case 0:
		aia_set_line(&vm, input_u8(in), op >> 7);
		break;
	case 1:
		aia_inject(&vm, input_u8(in));
		break;
	case 2:
		access_aplic(in, false);
		break;
	case 3:
		access_page(in);
		break;
	case 4:
		message(vcpu, input_u16(in));
		break;
	case 5:
		move(pcpu, vcpu, op >> 7 ? AXVM_EXIT_HALT : AXVM_EXIT_PREEMPTED);
		break;
	case 6:
		poll(pcpu);
		break;
	case 7:
		own_file(in, pcpu);
		break;
	default:
		access_aplic(in, true);
		break;
	}
	must((vm.arch.aplic.pending[0] & 1) == 0 && vm.arch.aplic.pending[APLIC_WORDS - 1] <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	start(4);
	riscv64_host.guest_file_num = 1 + input_u8(&in) % FILES;
	while (in.left)
		step(&in);
	return 0;
}
