/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM of each machine with one device of every model for it that is linked in, and a guest that
 * accesses the bus in any way: any address around and between them, any width, any value; with
 * somebody typing meanwhile and time that moves.
 */
#include "arch.h"
#include "device_build.h"
#include "input.h"
#include "sim_host.h"

#define BUS    UINT64_C(0x09000000)
#define STRIDE UINT64_C(0x10000)
#define SPACE  UINT64_C(0x1000) /* of a stride: where most accesses go */

extern const struct axvm_device_model *const __start_axvm_device_models[];
extern const struct axvm_device_model *const __stop_axvm_device_models[];

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct sim_host host;

/* The interrupt controller stays, which every machine has to have. */
static void drop_devices(struct axvm_config *config)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < config->emu_device_num; i++)
		if (config->emu_devices[i].emu_type == AXVM_EMU_GICD ||
		    config->emu_devices[i].emu_type == AXVM_EMU_GICR ||
		    config->emu_devices[i].emu_type == AXVM_EMU_PLIC)
			config->emu_devices[kept++] = config->emu_devices[i];
	config->emu_device_num = kept;
}

static void add_models(struct axvm_config *config)
{
	const struct axvm_device_model *const *m;
	uint32_t n = 0;

	for (m = __start_axvm_device_models; m < __stop_axvm_device_models; m++) {
		struct axvm_emu_device *device = &config->emu_devices[config->emu_device_num];

		if ((*m)->arch && (*m)->arch != config->arch)
			continue;
		must(++config->emu_device_num <= AXVM_MAX_EMU_DEVICES &&
		     (*m)->min_length <= STRIDE);
		*device = (struct axvm_emu_device){
			.base_gpa = BUS + n * STRIDE,
			.length = (*m)->min_length < SPACE ? SPACE : (*m)->min_length,
			.irq_id = n + 1,
			.emu_type = (*m)->emu_type,
		};
		memcpy(device->name, (*m)->name, strnlen((*m)->name, AXVM_NAME_MAX - 1));
		n++;
	}
	must(n > 0);
}

static struct axvm *build(enum axvm_arch arch)
{
	struct axvm_config config;
	struct sim_vm *vm;

	sim_config_of(&config, arch, arch, 1);
	config.memory_regions[0].size = AXVM_PAGE_SIZE * 16;
	drop_devices(&config);
	add_models(&config);
	must(sim_vm_new(&host, &config, &vm, NULL) == AXVM_OK);
	return vm->vm;
}

static uint64_t any_address(struct axvm *vm, struct input *in)
{
	uint8_t where = input_u8(in);

	if (where == 0xff)
		return input_u64(in);
	return BUS + where % vm->device_num * STRIDE +
	       (input_u16(in) & (where & 0x80 ? 0xffff : 0xfff));
}

static void read_bus(struct axvm_vcpu *vcpu, struct input *in)
{
	uint64_t gpa = any_address(vcpu->vm, in);
	unsigned width = input_width(in);
	struct axvm_exit exit = {
		.reason = AXVM_EXIT_MMIO_READ,
		.mmio_read = { .addr = axvm_gpa(gpa), .width = (uint8_t)width, .reg_width = 8 },
	};
	bool answered = run_mmio_read(vcpu, &exit);

	must(answered == (bus_find(&vcpu->vm->bus, gpa, width) != NULL));
}

static void write_bus(struct axvm_vcpu *vcpu, struct input *in)
{
	uint64_t gpa = any_address(vcpu->vm, in);
	unsigned width = input_width(in);
	struct axvm_exit exit = {
		.reason = AXVM_EXIT_MMIO_WRITE,
		.mmio_write = { axvm_gpa(gpa), (uint8_t)width, input_u64(in) },
	};
	bool answered = run_mmio_write(vcpu, &exit);

	must(answered == (bus_find(&vcpu->vm->bus, gpa, width) != NULL));
}

static void type(struct axvm *vm, struct input *in)
{
	uint8_t bytes[256];
	size_t len = input_u8(in);

	input_bytes(in, bytes, len);
	must(axvm_console_input(vm, bytes, len) <= len);
}

static void step(struct axvm_vcpu *vcpu, struct input *in)
{
	switch (input_u8(in) % 8) {
	case 0:
		type(vcpu->vm, in);
		break;
	case 1:
		sim_clock_advance(&host, (uint64_t)input_u32(in) << (input_u8(in) & 31));
		devices_expire(vcpu->vm);
		break;
	case 2:
	case 3:
	case 4:
		read_bus(vcpu, in);
		break;
	default:
		write_bus(vcpu, in);
		break;
	}
	host.console_len = host.log_len = 0;
}

static void run(struct axvm *vm, struct input *in)
{
	must(axvm_boot(vm) == AXVM_OK);
	while (in->left)
		step(&vm->vcpus[0], in);
	axvm_shutdown(vm); /* BAD_STATE: the guest has done it */
	must(axvm_reset(vm) == AXVM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static struct axvm *vms[2];
	struct input in = { input, size };

	if (!vms[0]) {
		sim_host_init(&host);
		vms[0] = build(AXVM_ARCH_AARCH64);
		vms[1] = build(AXVM_ARCH_RISCV64);
	}
	run(vms[input_u8(&in) & 1], &in);
	return 0;
}
