/* SPDX-License-Identifier: Apache-2.0 */
/* An embedder with a clock of its own in place of the PL031, and with a function named like one of libfdt's. */
#include <axvm/device.h>
#include <axvm/hal_defaults.h>
#include <axvm/sim.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE 0x0a000000

static void model_reset(struct axvm_device *dev)
{
	*(uint64_t *)dev->state = 0x5a;
}

static uint64_t model_read(struct axvm_device *dev, uint64_t offset, unsigned width)
{
	return *(uint64_t *)dev->state;
}

static void model_write(struct axvm_device *dev, uint64_t offset, unsigned width, uint64_t value)
{
}

static const struct axvm_device_model model = {
	.name = "mine",
	.compatible = "mine,device",
	.emu_type = AXVM_EMU_RTC,
	.min_length = 8,
	.state_size = 8,
	.reset = model_reset,
	.read = model_read,
	.write = model_write,
};
AXVM_DEVICE_MODEL(model);

int fdt_check_header(const void *fdt);
int fdt_check_header(const void *fdt)
{
	abort();
}

static enum axvm_error alloc(struct axvm_hal *hal, size_t frames, uint64_t align, axvm_hpa_t *out)
{
	*out = axvm_hpa((uintptr_t)aligned_alloc(align, frames * AXVM_PAGE_SIZE));
	return out->v ? AXVM_OK : AXVM_ERR_NO_MEMORY;
}

static void dealloc(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	free((void *)(uintptr_t)first.v);
}

static uint64_t now(struct axvm_hal *hal)
{
	return 0;
}

static uint32_t only_one(struct axvm_hal *hal)
{
	return 0;
}

static void make_config(struct axvm_config *config)
{
	static const struct axvm_emu_device device = {
		.name = "mine",
		.base_gpa = BASE,
		.length = 0x1000,
		.irq_id = 3,
		.emu_type = AXVM_EMU_RTC,
	};
	static const struct axvm_crate_config crate = {
		.arch = AXVM_ARCH_AARCH64,
		.devices = { .emu_devices_set = true, .emu_devices = &device, .emu_device_num = 1 },
	};

	if (axvm_config_from_crate_config(&crate, config, NULL) != AXVM_OK)
		exit(1);
}

int main(void)
{
	static const struct axvm_sim_step load = { AXVM_SIM_LOAD, BASE, .width = 8, .reg = 1 };
	static struct axvm_config config;
	struct axvm_host host = { 0 };
	struct axvm_hal hal = {
		.host = &host,
		.alloc_contiguous = alloc,
		.dealloc_contiguous = dealloc,
		.current_time_nanos = now,
		.current_vm_id = only_one,
		.current_vcpu_id = only_one,
		.current_pcpu_id = only_one,
	};
	struct axvm_vcpu *vcpu;
	struct axvm_exit exit;
	struct axvm *vm;

	make_config(&config);
	axvm_hal_set_defaults(&hal);
	if (axvm_new(&hal, &config, &vm, NULL) || axvm_vcpu(vm, 0, &vcpu) ||
	    axvm_sim_set_steps(vcpu, &load, 1) || axvm_boot(vm) || axvm_run_vcpu(vm, 0, &exit))
		return 1;
	printf("0x%llx\n", (unsigned long long)axvm_sim_cpu_get(vcpu)->gpr[1]);
	axvm_put(vm);
	return 0;
}
