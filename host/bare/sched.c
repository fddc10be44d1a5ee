/* SPDX-License-Identifier: Apache-2.0 */
#include "sched.h"

#include "arch.h"
#include "clock.h"
#include "console.h"
#include "lock.h"
#include "log.h"
#include "vms.h"

#include <axvm/vm.h>

#define SLICE_NANOS 10000000u
#define NEVER	    UINT64_MAX

/* What is to become of the vCPU that has just left its guest. */
enum verdict {
	VERDICT_AGAIN,
	VERDICT_BLOCK,
	VERDICT_END, /* and its VM with it */
};

static struct spinlock lock;
static uint64_t idle_cpus; /* bit per CPU that waits for an interrupt */
static unsigned ready_num; /* vCPUs in all queues */

static uint64_t bit_of(const struct cpu *cpu)
{
	return 1ull << cpu->id;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void sched_init_cpu(struct cpu *cpu)
{
	list_init(&cpu->ready);
	list_init(&cpu->parked);
	cpu->earliest = NEVER;
	cpu->poll_at = NEVER;
	cpu->armed = NEVER;
}

/* Sets this CPU's alarm to the first thing that it must not miss. */
static void arm(struct cpu *cpu, const struct sched_vcpu *running)
{
	uint64_t at = min_u64(cpu->earliest, cpu->poll_at);

	if (running) {
		at = min_u64(at, running->deadline);
		if (!list_empty(&cpu->ready) || cpu->reset)
			at = min_u64(at, cpu->slice_end);
	}
	if (at == cpu->armed)
		return;
	cpu->armed = at;
	if (at == NEVER)
		isa_alarm_off();
	else
		isa_alarm_set(clock_ticks_at(at));
}

static void move_to(struct sched_vcpu *v, struct cpu *cpu)
{
	if (v->cpu == cpu)
		return;
	if (v->cpu)
		v->cpu->homed--;
	cpu->homed++;
	v->cpu = cpu;
}

static void enqueue(struct sched_vcpu *v)
{
	v->state = SCHED_READY;
	list_add_tail(&v->cpu->ready, &v->link);
	ready_num++;
}

static void dequeue(struct sched_vcpu *v)
{
	list_del(&v->link);
	ready_num--;
}

/* Idle, or about to look for work. */
static bool is_free(const struct cpu *cpu)
{
	return idle_cpus & bit_of(cpu) ||
	       (cpu == this_cpu() && !cpu->current && list_empty(&cpu->ready));
}

/* Its home if that is free, else any allowed CPU that idles, else its home. */
static struct cpu *choose_cpu(const struct sched_vcpu *v)
{
	uint64_t idle = idle_cpus & v->mask;

	if (!idle || is_free(v->cpu))
		return v->cpu;
	return &cpus[__builtin_ctzll(idle)];
}

static void make_ready(struct sched_vcpu *v)
{
	struct cpu *cpu = choose_cpu(v);
	bool first = list_empty(&cpu->ready);

	move_to(v, cpu);
	enqueue(v);
	if (idle_cpus & bit_of(cpu)) {
		idle_cpus &= ~bit_of(cpu);
		if (cpu != this_cpu())
			isa_ipi_send(cpu, IPI_RESCHEDULE);
	} else if (first && cpu->current) {
		/* Whoever runs there has a slice from now on. */
		if (cpu == this_cpu())
			arm(cpu, cpu->current);
		else
			isa_ipi_send(cpu, IPI_RESCHEDULE);
	}
}

static void park(struct sched_vcpu *v)
{
	v->state = SCHED_BLOCKED;
	if (v->deadline == NEVER)
		return;
	list_add_tail(&v->cpu->parked, &v->link);
	v->cpu->earliest = min_u64(v->cpu->earliest, v->deadline);
}

/* A deadline of its CPU that is now too early only costs an alarm. */
static void unpark(struct sched_vcpu *v)
{
	list_del(&v->link);
}

void sched_wake(struct sched_vcpu *v)
{
	spin_lock(&lock);
	v->woken = true;
	if (v->state == SCHED_BLOCKED) {
		unpark(v);
		make_ready(v);
	}
	spin_unlock(&lock);
}

void sched_set_timer(struct sched_vcpu *v, uint64_t deadline)
{
	struct cpu *cpu = this_cpu();

	/* Of what runs here, nobody else looks at the deadline; and whoever gives this CPU an
	 * earlier one sends it an IPI. */
	if (cpu->current == v) {
		v->deadline = deadline;
		arm(cpu, v);
		return;
	}
	spin_lock(&lock);
	v->deadline = deadline;
	if (v->state == SCHED_BLOCKED) {
		unpark(v);
		park(v);
		if (v->cpu == cpu)
			arm(cpu, cpu->current);
		else
			isa_ipi_send(v->cpu, IPI_RESCHEDULE);
	}
	spin_unlock(&lock);
}

void sched_alarm(void)
{
	this_cpu()->armed = NEVER;
	isa_alarm_off();
}

void sched_poll_at(uint64_t deadline)
{
	this_cpu()->poll_at = deadline;
}

/* Blocked vCPUs parked here whose time has come. */
static void expire(struct cpu *cpu, uint64_t now)
{
	struct list *next;

	if (now < cpu->earliest)
		return;
	cpu->earliest = NEVER;
	for (struct list *at = cpu->parked.next; at != &cpu->parked; at = next) {
		struct sched_vcpu *v = list_entry(at, struct sched_vcpu, link);

		next = at->next;
		if (v->deadline > now) {
			cpu->earliest = min_u64(cpu->earliest, v->deadline);
			continue;
		}
		v->deadline = NEVER;
		unpark(v);
		make_ready(v);
	}
}

/* Every vCPU of the VM stops: now, or where it runs, as soon as it has left its guest. */
static void end_vm(struct host_vm *vm)
{
	vm->ended = true;
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct sched_vcpu *v = &vm->vcpus[i];

		if (v->state == SCHED_RUNNING) {
			if (v->cpu != this_cpu())
				isa_ipi_send(v->cpu, IPI_RESCHEDULE);
			continue;
		}
		if (v->state == SCHED_READY)
			dequeue(v);
		else if (v->state == SCHED_BLOCKED)
			unpark(v);
		v->state = SCHED_DEAD;
	}
}

static void bury(struct cpu *cpu, struct sched_vcpu *v)
{
	v->state = SCHED_DEAD;
	if (--v->vm->running == 0)
		cpu->reap = v->vm;
}

/* An interrupt that came while the vCPU went to halt: whoever sent it saw it running, and only
 * kicked. The fence puts "halted" before the look at what is pending. */
static bool has_work(const struct sched_vcpu *v)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return v->woken || axvm_vcpu_runnable(v->vcpu);
}

/* Decides about the vCPU that ran here. Result: it, to run on at once, or NULL. */
static struct sched_vcpu *settle(struct cpu *cpu, struct sched_vcpu *v, enum verdict verdict,
				 uint64_t now)
{
	if (v->deadline <= now) {
		v->deadline = NEVER;
		v->woken = true;
	}
	if (verdict == VERDICT_END && !v->vm->ended)
		end_vm(v->vm);
	if (v->vm->ended) {
		bury(cpu, v);
		return NULL;
	}
	if (verdict == VERDICT_BLOCK && !has_work(v)) {
		v->vm->running--;
		park(v);
		return NULL;
	}
	if (now < cpu->slice_end)
		return v;
	if (list_empty(&cpu->ready)) {
		if (cpu->reset)
			cpu->slice_end = now + SLICE_NANOS;
		return v;
	}
	v->vm->running--;
	enqueue(v);
	return NULL;
}

/* The longest waiting vCPU of this CPU, else one that waits elsewhere and may run here. */
static struct sched_vcpu *pick(struct cpu *cpu)
{
	if (ready_num == 0)
		return NULL;
	if (!list_empty(&cpu->ready))
		return list_entry(cpu->ready.next, struct sched_vcpu, link);
	for (uint32_t i = 0; i < cpu_num; i++) {
		struct list *queue = &cpus[i].ready;

		for (struct list *at = queue->next; at != queue; at = at->next) {
			struct sched_vcpu *v = list_entry(at, struct sched_vcpu, link);

			if (v->mask & bit_of(cpu))
				return v;
		}
	}
	return NULL;
}

static struct sched_vcpu *start_next(struct cpu *cpu, uint64_t now)
{
	struct sched_vcpu *v = pick(cpu);

	if (!v)
		return NULL;
	dequeue(v);
	move_to(v, cpu);
	v->state = SCHED_RUNNING;
	if (v->deadline <= now)
		v->deadline = NEVER;
	v->vm->running++;
	cpu->slice_end = now + SLICE_NANOS;
	return v;
}

/* What this CPU runs next, NULL: it idles. `v`: what it ran until now, or NULL. */
static struct sched_vcpu *reschedule(struct cpu *cpu, struct sched_vcpu *v, enum verdict verdict)
{
	uint64_t now = clock_now();

	spin_lock(&lock);
	idle_cpus &= ~bit_of(cpu);
	if (v)
		v = settle(cpu, v, verdict, now);
	cpu->current = v;
	expire(cpu, now);
	if (!v)
		v = start_next(cpu, now);
	if (v)
		v->woken = false;
	else
		idle_cpus |= bit_of(cpu);
	cpu->current = v;
	arm(cpu, v);
	spin_unlock(&lock);
	return v;
}

/* Nothing has been made ready here since it found nothing to run: of that this CPU itself would
 * hear no more. */
static bool is_idle(const struct cpu *cpu)
{
	return __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & bit_of(cpu);
}

static bool ends_vm(enum axvm_exit_reason reason)
{
	return reason == AXVM_EXIT_SYSTEM_DOWN || reason == AXVM_EXIT_SYSTEM_RESET ||
	       reason == AXVM_EXIT_FAIL_ENTRY;
}

static enum verdict judge(struct host_vm *vm, const struct axvm_exit *exit)
{
	if (exit->reason == AXVM_EXIT_EXTERNAL_INTERRUPT)
		isa_irq_handle(exit->external_interrupt.vector);
	if (exit->reason == AXVM_EXIT_HALT || exit->reason == AXVM_EXIT_CPU_DOWN)
		return VERDICT_BLOCK;
	if (!ends_vm(exit->reason))
		return VERDICT_AGAIN;
	vms_stopping(vm, exit);
	return VERDICT_END;
}

static bool goes_on(const struct axvm *vm)
{
	enum axvm_vm_status status = axvm_status(vm);

	return status == AXVM_VM_RUNNING || status == AXVM_VM_PAUSED;
}

static enum verdict run_one(struct sched_vcpu *v)
{
	struct axvm_exit exit = { .reason = AXVM_EXIT_NOTHING };
	enum axvm_error error = axvm_run_vcpu(v->vm->core, v->id, &exit);

	if (error == AXVM_OK)
		return judge(v->vm, &exit);
	/* Woken although it has not been started, or has been switched off, or is paused. */
	if (error == AXVM_ERR_BAD_STATE && goes_on(v->vm->core))
		return VERDICT_BLOCK;
	vms_refused(v->vm, v->id, error);
	return VERDICT_END;
}

_Noreturn void sched_run(void)
{
	struct cpu *cpu = this_cpu();
	struct sched_vcpu *v = NULL;
	enum verdict verdict = VERDICT_AGAIN;
	bool busy;

	for (;;) {
		v = reschedule(cpu, v, verdict);
		if (cpu->reap)
			vms_reap(cpu->reap);
		cpu->reap = NULL;
		busy = cpu->reset;
		if (busy)
			vms_reset_step(cpu);
		if (cpu->poll_at != NEVER && cpu->poll_at <= clock_now())
			console_receive();
		if (v) {
			verdict = run_one(v);
			continue;
		}
		if (!busy && is_idle(cpu))
			isa_idle();
		isa_irq_poll();
	}
}

void sched_add(struct sched_vcpu *v)
{
	uint64_t left = v->mask;

	list_init(&v->link);
	v->state = SCHED_BLOCKED;
	v->deadline = NEVER;
	spin_lock(&lock);
	while (left) {
		struct cpu *cpu = &cpus[__builtin_ctzll(left)];

		left &= left - 1;
		if (!v->cpu || cpu->homed + 1 < v->cpu->homed)
			move_to(v, cpu);
	}
	spin_unlock(&lock);
}

void sched_readmit(struct host_vm *vm)
{
	spin_lock(&lock);
	vm->ended = false;
	for (uint32_t i = 0; i < vm->vcpu_num; i++) {
		struct sched_vcpu *v = &vm->vcpus[i];

		list_init(&v->link);
		v->state = SCHED_BLOCKED;
		v->deadline = NEVER;
		v->woken = false;
	}
	spin_unlock(&lock);
}

void sched_remove(struct sched_vcpu *v)
{
	spin_lock(&lock);
	v->state = SCHED_DEAD;
	if (v->cpu)
		v->cpu->homed--;
	v->cpu = NULL;
	spin_unlock(&lock);
}
