/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole VMs on the simulated CPU: two guests that do any steps, with a channel between them, a host
 * that does with them what a host may do at any time, and a third VM whose memory nobody may touch.
 */
#include "input.h"
#include "sim_host.h"
#include "vm.h"

#define RAM	 UINT64_C(0x40000000)
#define RAM_SIZE (16u * AXVM_PAGE_SIZE)
#define DEVICES	 UINT64_C(0x09000000)
#define EXTRA	 UINT64_C(0x50000000) /* where the host maps what it shares */
#define GUESTS	 2u
#define VMS	 3u
#define VCPUS	 2u
#define SPI	 32u
#define SHARED	 4u /* pages of the host that it maps into guests */
#define SECRET	 0x5e

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct sim_host host;
static struct sim_vm *vms[VMS];
static axvm_hpa_t shared;
static struct input in;

/* ---- The guests ---- */

static uint64_t any_address(void)
{
	static const uint64_t near[] = { RAM, RAM, DEVICES, DEVICES + 0x10000, EXTRA, 0x08000000 };
	uint8_t where = input_u8(&in);
	struct axvm *vm = vms[where & 1]->vm;

	where = where >> 1 & 7;
	if (where == 7)
		return input_u64(&in);
	if (where == 6 && vm->config.emu_device_num) /* the window of the channels comes last */
		return vm->config.emu_devices[vm->config.emu_device_num - 1].base_gpa +
		       input_u16(&in);
	return near[where % 6] + (input_u16(&in) & (where < 2 ? 0xffff : 0xfff));
}

/* Any step; also such as no assembler would write. */
static bool any_step(struct axvm_sim_cpu *cpu, struct axvm_sim_step *next, void *arg)
{
	uint8_t op = input_u8(&in), form = input_u8(&in);

	(void)arg;
	if (!in.left)
		return false;
	*next = (struct axvm_sim_step){
		.op = op % (AXVM_SIM_OP_NUM + 1),
		.width = form & 0x80 ? form : 1u << (form & 3),
		.reg = form >> 2 & 15,
		.reg_width = form & 0x40 ? 4 : 8,
		.signed_ext = form & 0x20,
	};
	next->addr = next->op == AXVM_SIM_LOAD || next->op == AXVM_SIM_STORE ||
				     next->op == AXVM_SIM_FETCH ?
			     any_address() :
			     input_u8(&in);
	next->value = op & 0x80 ? input_u64(&in) : input_u8(&in);
	if (next->op == AXVM_SIM_HYPERCALL) {
		next->args[0] = input_u8(&in);
		next->args[1] = input_u16(&in);
	}
	if (op & 0x40) /* what an earlier step has given */
		next->addr = cpu->gpr[form & 15];
	return true;
}

/* ---- The host ---- */

/* An exit that axvm_run_vcpu() may return, as <axvm/vcpu.h> lists them. */
static bool may_leave(const struct axvm_exit *exit)
{
	const uint32_t list = 1u << AXVM_EXIT_EXTERNAL_INTERRUPT | 1u << AXVM_EXIT_HALT |
			      1u << AXVM_EXIT_CPU_DOWN | 1u << AXVM_EXIT_SYSTEM_DOWN |
			      1u << AXVM_EXIT_SYSTEM_RESET | 1u << AXVM_EXIT_PREEMPTED |
			      1u << AXVM_EXIT_FAIL_ENTRY | 1u << AXVM_EXIT_HYPERCALL;

	return exit->reason < AXVM_EXIT_REASON_NUM && (list >> exit->reason & 1);
}

static void run(struct sim_vm *vm, uint8_t what)
{
	uint32_t id = what & 1;
	struct axvm_vcpu *vcpu = &vm->vm->vcpus[id];
	struct axvm_exit exit;
	enum axvm_error err;

	axvm_sim_set_slice(vcpu, 1 + (what >> 1 & 15));
	err = sim_run(vm, id, &exit);
	must(err == AXVM_OK ? may_leave(&exit) : err == AXVM_ERR_BAD_STATE);
	must(axvm_vcpu_get_state(vcpu) == AXVM_VCPU_FREE ||
	     axvm_vcpu_get_state(vcpu) == AXVM_VCPU_BLOCKED);
}

static void map(struct axvm *vm, uint8_t what)
{
	uint64_t gpa = EXTRA + (what & 7) * AXVM_PAGE_SIZE;
	axvm_hpa_t hpa = axvm_hpa(shared.v + (what >> 3) % SHARED * AXVM_PAGE_SIZE);

	if (what & 0x80)
		axvm_unmap_region(vm, axvm_gpa(gpa), AXVM_PAGE_SIZE);
	else
		axvm_map_region(vm, axvm_gpa(gpa), hpa, AXVM_PAGE_SIZE, 1 + (what >> 5 & 2));
}

static void copy(struct axvm *vm)
{
	uint8_t buf[64];
	uint64_t gpa = any_address();
	size_t len = input_u8(&in) % sizeof(buf);

	if (axvm_read_from_guest(vm, axvm_gpa(gpa), buf, len) == AXVM_OK)
		axvm_write_to_guest(vm, axvm_gpa(gpa), buf, len);
}

static void change_life(struct axvm *vm, uint8_t what)
{
	switch (what % 6) {
	case 0:
		axvm_boot(vm);
		break;
	case 1:
		axvm_pause(vm);
		break;
	case 2:
		axvm_resume(vm);
		break;
	case 3:
		axvm_shutdown(vm);
		break;
	case 4:
		axvm_reset(vm);
		break;
	default: /* the host has no memory for a while */
		host.fail_after = what & 0x80 ? what >> 3 & 7 : SIZE_MAX;
		break;
	}
}

static void step(void)
{
	uint8_t op = input_u8(&in), what = input_u8(&in);
	struct sim_vm *vm = vms[op >> 7];

	switch (op & 15) {
	case 0:
		change_life(vm->vm, what);
		break;
	case 1:
		axvm_inject_interrupt_to_vcpu(vm->vm, op >> 4 & 7, what);
		break;
	case 2:
		axvm_set_irq_line(vm->vm, SPI + what % 64, op >> 4 & 1);
		break;
	case 3:
		sim_clock_advance(&host, (uint64_t)what << (op >> 2 & 0x1c));
		break;
	case 4:
		axvm_console_input(vm->vm, &what, 1);
		break;
	case 5:
		map(vm->vm, what);
		break;
	case 6:
		copy(vm->vm);
		break;
	default:
		run(vm, what);
		break;
	}
	must(axvm_status(vm->vm) <= AXVM_VM_DESTROYED);
	host.console_len = host.log_len = 0;
}

/* ---- Building ---- */

static void add_channel(struct axvm_config *config, uint32_t vm)
{
	struct axvm_ivc_channel *channel = &config->ivc_channels[config->ivc_channel_num++];

	*channel = (struct axvm_ivc_channel){ .key = 1, .irq_id = 40 };
	if (vm == 0) {
		channel->size = 3u * AXVM_PAGE_SIZE;
		channel->subscriber_num = 1;
		memcpy(channel->subscribers[0].name, "vm1", sizeof("vm1"));
		channel->subscribers[0].rights = AXVM_ACCESS_READ | AXVM_ACCESS_WRITE;
	} else {
		memcpy(channel->publisher, "vm0", sizeof("vm0"));
	}
	config->emu_devices[config->emu_device_num++] = (struct axvm_emu_device){
		.name = "ivc",
		.base_gpa = 0x0c000000,
		.length = 16u * AXVM_PAGE_SIZE,
		.emu_type = AXVM_EMU_IVC_CHANNEL,
	};
}

static void build(uint32_t id)
{
	struct axvm_config config;

	sim_config(&config, id, VCPUS);
	config.memory_regions[0].size = RAM_SIZE;
	if (id < GUESTS)
		add_channel(&config, id);
	must(sim_vm_new(&host, &config, &vms[id], NULL) == AXVM_OK);
	for (uint32_t n = 0; n < VCPUS; n++)
		must(axvm_sim_set_program(&vms[id]->vm->vcpus[n], any_step, NULL) == AXVM_OK);
	must(axvm_boot(vms[id]->vm) == AXVM_OK);
}

/* The third VM's memory. */
static void secret(uint8_t buf[RAM_SIZE], bool write)
{
	axvm_gpa_t gpa = axvm_gpa(RAM);

	must((write ? axvm_write_to_guest(vms[2]->vm, gpa, buf, RAM_SIZE) :
		      axvm_read_from_guest(vms[2]->vm, gpa, buf, RAM_SIZE)) == AXVM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static uint8_t buf[RAM_SIZE];

	in = (struct input){ input, size };
	sim_host_init(&host);
	must(host.hal.alloc_contiguous(&host.hal, SHARED, AXVM_PAGE_SIZE, &shared) == AXVM_OK);
	for (uint32_t id = 0; id < VMS; id++)
		build(id);
	memset(buf, SECRET, sizeof(buf));
	secret(buf, true);
	while (in.left)
		step();
	host.fail_after = SIZE_MAX;
	memset(buf, 0, sizeof(buf));
	secret(buf, false);
	for (size_t i = 0; i < sizeof(buf); i++)
		must(buf[i] == SECRET);
	for (uint32_t id = 0; id < VMS; id++)
		sim_vm_free(vms[id]);
	host.hal.dealloc_contiguous(&host.hal, shared, SHARED);
	sim_host_fini(&host);
	return 0;
}
