/* SPDX-License-Identifier: Apache-2.0 */
#include "irq.h"

#include "aia.h"
#include "arch.h"
#include "console.h"
#include "csr.h"
#include "firmware.h"
#include "host.h"
#include "plic.h"
#include "sched.h"
#include "uart.h"

#include <axvm/riscv64.h>

#define IRQ_BIT(code) (1ull << (code))

static bool has_aia;
/* The interrupts that this host takes: IPIs are software interrupts, or messages. */
static uint64_t own;
/* For each CPU: an IPI was for more than its vCPU's look at its requests. */
static uint32_t reschedule[AXVM_MAX_PCPUS];

const char *irq_probe(const void *fdt)
{
	has_aia = aia_probe(fdt);
	own = IRQ_BIT(IRQ_TIMER) | IRQ_BIT(IRQ_EXTERNAL) | (has_aia ? 0 : IRQ_BIT(IRQ_SOFTWARE));
	if (!has_aia && !firmware_has(SBI_IPI))
		return "the firmware sends no IPIs (SBI IPI)";
	if (!firmware_has(SBI_RFENCE))
		return "the firmware has no remote fences (SBI RFENCE)";
	return has_aia ? NULL : plic_probe(fdt);
}

void irq_map(void)
{
	if (has_aia)
		aia_map();
	else
		plic_map();
}

/* Clears this CPU's IPI. Result: it was for more than a vCPU's look at its requests. */
static bool ack_ipi(void)
{
	if (has_aia && !aia_ipi_take())
		return true;
	if (!has_aia)
		csr_clear(sip, IRQ_BIT(IRQ_SOFTWARE));
	return __atomic_exchange_n(&reschedule[this_cpu()->id], 0, __ATOMIC_ACQ_REL);
}

/* What it leaves behind could be another VM's memory by now. */
static void flush_vmid(uint64_t gpa, uint64_t size, uint32_t vmid)
{
	int64_t error = firmware_remote_hfence_gvma(gpa, size, vmid);

	if (error)
		host_fail("the firmware's remote fence fails (%lld)", (long long)error);
}

static void tell_backend(void)
{
	const struct axvm_riscv64_host host = {
		.fdt = board.fdt,
		.timebase_hz = isa_ticks_per_second(),
		.ipi_code = has_aia ? IRQ_EXTERNAL : IRQ_SOFTWARE,
		.ack_ipi = ack_ipi,
		.flush_vmid = flush_vmid,
		.guest_file_num = has_aia ? aia_guest_file_num() : 0,
		.guest_id_num = aia_guest_id_num(),
		.guest_file = aia_guest_file,
	};

	axvm_riscv64_set_host(&host);
}

void irq_init(void)
{
	if (has_aia) {
		aia_init();
		aia_enable(uart_source(), uart_trigger());
	} else {
		plic_init();
		plic_enable(uart_source());
	}
	tell_backend();
}

void irq_init_cpu(void)
{
	if (has_aia)
		aia_init_cpu();
	csr_write(sie, own);
}

void irq_source(uint32_t source)
{
	if (source == uart_source())
		console_receive();
}

/* Whoever gets it here looks at the scheduler next. */
void irq_ipi(void)
{
	__atomic_store_n(&reschedule[this_cpu()->id], 0, __ATOMIC_RELAXED);
	axvm_riscv64_poll(this_cpu()->id);
}

void isa_ipi_send(const struct cpu *target, enum isa_ipi ipi)
{
	if (ipi == IPI_RESCHEDULE)
		__atomic_store_n(&reschedule[target->id], 1, __ATOMIC_RELAXED);
	__asm__ volatile("fence rw, orw" ::: "memory");
	if (has_aia)
		aia_ipi_send(target);
	else
		firmware_send_ipi(target->hw_id);
}

void isa_irq_handle(uint32_t vector)
{
	if (vector == IRQ_TIMER)
		sched_alarm();
	else if (vector == IRQ_SOFTWARE)
		ack_ipi();
	else if (vector == IRQ_EXTERNAL && has_aia)
		aia_handle();
	else if (vector == IRQ_EXTERNAL)
		plic_handle();
}

void isa_irq_poll(void)
{
	uint64_t pending;

	while ((pending = csr_read(sip) & own) != 0)
		isa_irq_handle((uint32_t)__builtin_ctzll(pending));
	if (has_aia)
		axvm_riscv64_poll(this_cpu()->id);
}

/* What hip.SGEIP stands for: QEMU 10 can lose that bit (imsic.c). */
static bool guest_external(void)
{
	return has_aia && this_cpu()->online && (csr_read(CSR_HGEIP) & csr_read(CSR_HGEIE));
}

void isa_idle(void)
{
	if (!guest_external())
		__asm__ volatile("wfi" ::: "memory");
}
