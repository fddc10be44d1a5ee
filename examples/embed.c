/* SPDX-License-Identifier: Apache-2.0 */
/* A VM in an ordinary process, on a simulated CPU: cc embed.c $(pkg-config --cflags --libs axvm) */
#include <axvm/hal_defaults.h>
#include <axvm/hypercall.h>
#include <axvm/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UART 0x09000000 /* of the aarch64 guest machine: a PL011 */

/* What the guest does: says "Hi", calls its host with the number 42, and powers off. */
static const struct axvm_sim_step guest[] = {
	{ .op = AXVM_SIM_STORE, .addr = UART, .width = 1, .value = 'H' },
	{ .op = AXVM_SIM_STORE, .addr = UART, .width = 1, .value = 'i' },
	{ .op = AXVM_SIM_STORE, .addr = UART, .width = 1, .value = '\n' },
	{ .op = AXVM_SIM_HYPERCALL, .value = AXVM_HYPERCALL_HOST, .args = { 42 } },
	{ .op = AXVM_SIM_SYSTEM_OFF },
};

static enum axvm_error alloc(struct axvm_hal *hal, size_t frames, uint64_t align, axvm_hpa_t *out)
{
	void *p = aligned_alloc(align, frames * AXVM_PAGE_SIZE);

	*out = axvm_hpa((uintptr_t)p);
	return p ? AXVM_OK : AXVM_ERR_NO_MEMORY;
}

static void dealloc(struct axvm_hal *hal, axvm_hpa_t first, size_t frames)
{
	free((void *)(uintptr_t)first.v);
}

static uint64_t now(struct axvm_hal *hal)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint32_t only_one(struct axvm_hal *hal)
{
	return 0;
}

static void console(struct axvm_hal *hal, uint32_t vm_id, const uint8_t *bytes, size_t len)
{
	fwrite(bytes, 1, len, stdout);
}

int main(void)
{
	static const struct axvm_crate_config file = { .arch = AXVM_ARCH_AARCH64 };
	static struct axvm_config config;
	struct axvm_host host = { 0 };
	struct axvm_hal hal = { &host,
				.alloc_contiguous = alloc,
				.dealloc_contiguous = dealloc,
				.current_time_nanos = now,
				.current_vm_id = only_one,
				.current_vcpu_id = only_one,
				.current_pcpu_id = only_one,
				.console_write = console };
	struct axvm_exit exit = { 0 };
	struct axvm_vcpu *vcpu;
	struct axvm *vm;

	axvm_hal_set_defaults(&hal);
	if (axvm_config_from_crate_config(&file, &config, NULL) || axvm_hardware_enable() ||
	    axvm_new(&hal, &config, &vm, NULL) || axvm_vcpu(vm, 0, &vcpu) ||
	    axvm_sim_set_steps(vcpu, guest, sizeof(guest) / sizeof(guest[0])) || axvm_boot(vm))
		return 1;
	while (exit.reason != AXVM_EXIT_SYSTEM_DOWN && !axvm_run_vcpu(vm, 0, &exit))
		if (exit.reason == AXVM_EXIT_HYPERCALL)
			printf("called with %llu\n", (unsigned long long)exit.hypercall.args[0]);
	axvm_put(vm);
	return exit.reason != AXVM_EXIT_SYSTEM_DOWN;
}
