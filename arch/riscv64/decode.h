/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What made the guest leave, from the values of the registers that describe it (Privileged
 * Architecture, "Traps" and "Transformed Instruction or Pseudoinstruction for mtinst or htinst"),
 * and from the instruction itself. Pure, so that every machine can test it, and inline, for the
 * sake of the exits that are frequent.
 */
#ifndef RISCV64_DECODE_H
#define RISCV64_DECODE_H

#include <arch/types.h>
#include <axvm/vcpu.h>

/* ---- Which exit ---- */

#define SCAUSE_INTERRUPT (UINT64_C(1) << 63)

/* scause of an exception that a guest's privilege modes can cause in HS-mode. */
enum trap_cause {
	CAUSE_FETCH_MISALIGNED = 0,
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAKPOINT = 3,
	CAUSE_LOAD_MISALIGNED = 4,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_MISALIGNED = 6,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_ECALL_U = 8,
	CAUSE_ECALL_VS = 10,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_LOAD_PAGE = 13,
	CAUSE_STORE_PAGE = 15,
	CAUSE_FETCH_GUEST_PAGE = 20,
	CAUSE_LOAD_GUEST_PAGE = 21,
	CAUSE_VIRTUAL = 22,
	CAUSE_STORE_GUEST_PAGE = 23,
};

enum decode_kind {
	DECODE_FATAL, /* what no guest should be able to cause */
	DECODE_INTERRUPT,
	DECODE_ECALL,
	DECODE_DATA_FAULT,
	DECODE_FETCH_FAULT,
	DECODE_VIRTUAL,
	DECODE_GUEST, /* the guest's own business: goes back to it with the same cause */
};

static inline enum decode_kind decode_exit(uint64_t scause)
{
	if (scause & SCAUSE_INTERRUPT)
		return DECODE_INTERRUPT;
	switch (scause) {
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return DECODE_DATA_FAULT;
	case CAUSE_ECALL_VS:
		return DECODE_ECALL;
	case CAUSE_VIRTUAL:
		return DECODE_VIRTUAL;
	case CAUSE_FETCH_GUEST_PAGE:
		return DECODE_FETCH_FAULT;
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_FETCH_ACCESS:
	case CAUSE_ILLEGAL:
	case CAUSE_BREAKPOINT:
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_LOAD_ACCESS:
	case CAUSE_STORE_MISALIGNED:
	case CAUSE_STORE_ACCESS:
	case CAUSE_ECALL_U:
	case CAUSE_FETCH_PAGE:
	case CAUSE_LOAD_PAGE:
	case CAUSE_STORE_PAGE:
		return DECODE_GUEST;
	default:
		return DECODE_FATAL;
	}
}

/* ---- Fields of an instruction (Unprivileged Architecture, "Base Instruction Formats") ---- */

#define INSN_FULL 3u /* bits 1:0 of one of 32 bits; of one of 16 bits they are anything else */

#define INSN_OPCODE(insn) ((insn) & 0x7f)
#define INSN_RD(insn)	  ((insn) >> 7 & 31)
#define INSN_FUNCT3(insn) ((insn) >> 12 & 7)
#define INSN_RS1(insn)	  ((insn) >> 15 & 31)
#define INSN_RS2(insn)	  ((insn) >> 20 & 31)
#define INSN_CSR(insn)	  ((insn) >> 20 & 0xfff)

#define OPCODE_LOAD   0x03u
#define OPCODE_STORE  0x23u
#define OPCODE_SYSTEM 0x73u

static inline bool decode_is_full(uint32_t insn)
{
	return (insn & INSN_FULL) == INSN_FULL;
}

/* In bytes. Longer ones than 4 exist on no machine. */
static inline unsigned decode_length(uint32_t insn)
{
	return decode_is_full(insn) ? 4 : 2;
}

/* ---- Loads and stores of general registers ---- */

struct decode_access {
	uint8_t width;	/* bytes: 1, 2, 4, 8 */
	uint8_t reg;	/* that is loaded or stored */
	uint8_t length; /* of the instruction */
	bool store;
	bool is_signed; /* a load that extends the sign */
};

/* One of 32 bits: LB to LD, LBU to LWU, SB to SD. false: anything else. */
static inline bool decode_full_access(uint32_t insn, struct decode_access *out)
{
	unsigned funct3 = INSN_FUNCT3(insn);

	out->width = 1u << (funct3 & 3);
	out->length = 4;
	out->is_signed = !(funct3 & 4);
	if (INSN_OPCODE(insn) == OPCODE_LOAD) {
		out->store = false;
		out->reg = INSN_RD(insn);
		return funct3 != 7;
	}
	out->store = true;
	out->reg = INSN_RS2(insn);
	return INSN_OPCODE(insn) == OPCODE_STORE && funct3 < 4;
}

/* The register of a compressed instruction's field of three bits: x8 to x15. */
#define INSN_C_REG(insn, low) (8 + ((insn) >> (low) & 7))

/* Quadrant, bits 1:0, and funct3, bits 15:13. */
#define C_KIND(quadrant, funct3) ((quadrant) << 3 | (funct3))
/* Zcb: bits 12:10 tell what funct3 4 of quadrant 0 is, bit 6 the kind of halfword load. */
#define INSN_C_ZCB(insn) ((insn) >> 10 & 7)
enum { ZCB_LBU = 0, ZCB_LH = 1, ZCB_SB = 2, ZCB_SH = 3 };
#define INSN_C_ZCB_SIGNED (1u << 6)

static inline bool decode_zcb_access(uint32_t insn, struct decode_access *out)
{
	unsigned kind = INSN_C_ZCB(insn);
	bool bit6 = insn & INSN_C_ZCB_SIGNED;

	out->reg = INSN_C_REG(insn, 2);
	out->width = kind == ZCB_LH || kind == ZCB_SH ? 2 : 1;
	out->store = kind == ZCB_SB || kind == ZCB_SH;
	out->is_signed = kind == ZCB_LH && bit6;
	return kind <= ZCB_SH && !(kind == ZCB_SH && bit6);
}

/* One of 16 bits: C.LW, C.LD, C.SW, C.SD, C.LWSP, C.LDSP, C.SWSP, C.SDSP, and Zcb's. */
static inline bool decode_compressed_access(uint32_t insn, struct decode_access *out)
{
	unsigned kind = C_KIND(insn & 3, insn >> 13 & 7);

	*out = (struct decode_access){ .length = 2, .is_signed = true };
	switch (kind) {
	case C_KIND(0, 4):
		return decode_zcb_access(insn, out);
	case C_KIND(0, 2): /* C.LW */
	case C_KIND(0, 3): /* C.LD */
	case C_KIND(0, 6): /* C.SW */
	case C_KIND(0, 7): /* C.SD */
		out->reg = INSN_C_REG(insn, 2);
		break;
	case C_KIND(2, 2): /* C.LWSP */
	case C_KIND(2, 3): /* C.LDSP */
		out->reg = INSN_RD(insn);
		break;
	case C_KIND(2, 6): /* C.SWSP */
	case C_KIND(2, 7): /* C.SDSP */
		out->reg = insn >> 2 & 31;
		break;
	default:
		return false;
	}
	out->store = kind & 4;
	out->width = kind & 1 ? 8 : 4;
	return out->store || !(kind & C_KIND(2, 0)) || out->reg != 0; /* rd 0 is reserved */
}

/*
 * The instruction's own bits. false: not a whole load or store of one general register (a
 * floating-point or vector one, an atomic one, of a cache line), or no memory access.
 */
static inline bool decode_insn_access(uint32_t insn, struct decode_access *out)
{
	return decode_is_full(insn) ? decode_full_access(insn, out) :
				      decode_compressed_access(insn & 0xffff, out);
}

/* ---- Guest-page faults ---- */

/*
 * htinst is 0 where the hardware does not tell; has bit 0 set for the instruction, as one of 32
 * bits without its offset; else it is one of these pseudoinstructions, or the hardware maker's own.
 */
#define HTINST_INSN   UINT64_C(1)
#define HTINST_32BIT  UINT64_C(2) /* of an instruction: it is of 32 bits in memory too */
#define HTINST_WALK32 UINT64_C(0x2000)
#define HTINST_WALK64 UINT64_C(0x3000)
#define HTINST_WRITE  UINT64_C(0x20) /* of a walk: it updates A and D */

/* The guest's table walk has faulted, not the access itself. */
static inline bool decode_is_walk(uint64_t htinst)
{
	htinst &= ~HTINST_WRITE;
	return htinst == HTINST_WALK64 || htinst == HTINST_WALK32;
}

static inline bool decode_walk_writes(uint64_t htinst)
{
	return htinst & HTINST_WRITE;
}

/* It is the instruction that faulted, and htinst has it. */
static inline bool decode_has_insn(uint64_t htinst)
{
	return htinst & HTINST_INSN;
}

/* What tells loads and stores of general registers from the rest: bit 0, the opcode, rs1. */
#define HTINST_KIND  (UINT64_C(0xf807f) & ~HTINST_32BIT)
#define HTINST_LOAD  (OPCODE_LOAD & HTINST_KIND)
#define HTINST_STORE (OPCODE_STORE & HTINST_KIND)

/* In bytes; of a load or store. */
static inline unsigned decode_htinst_width(uint64_t htinst)
{
	return 1u << (INSN_FUNCT3(htinst) & 3);
}

static inline unsigned decode_htinst_length(uint64_t htinst)
{
	return 2 + (htinst & HTINST_32BIT);
}

/*
 * Of decode_has_insn(). false: as decode_insn_access(), or a misaligned access of which the part
 * behind its beginning has faulted: in place of rs1 there is the distance between the two.
 */
static inline bool decode_htinst_access(uint64_t htinst, struct decode_access *out)
{
	unsigned funct3 = INSN_FUNCT3(htinst);
	uint64_t kind = htinst & HTINST_KIND;

	out->width = decode_htinst_width(htinst);
	out->length = decode_htinst_length(htinst);
	out->is_signed = !(funct3 & 4);
	out->store = kind == HTINST_STORE;
	out->reg = out->store ? INSN_RS2(htinst) : INSN_RD(htinst);
	return kind == HTINST_LOAD ? funct3 != 7 : out->store && funct3 < 4;
}

/*
 * Of any htinst: a load, or store, of one of x8 to x15, as most are. (What has no register to load
 * is no instruction, and does not fault.)
 */
static inline bool decode_is_simple_load(uint64_t htinst)
{
	return (htinst & (HTINST_KIND | 0x18 << 7)) == (HTINST_LOAD | 8 << 7);
}

static inline bool decode_is_simple_store(uint64_t htinst)
{
	return (htinst & (HTINST_KIND | 0x18 << 20)) == (HTINST_STORE | 8 << 20);
}

/* What a load makes of the low bytes of a value; the most frequent kinds first. */
static inline uint64_t decode_htinst_extend(uint64_t htinst, uint64_t value)
{
	unsigned funct3 = INSN_FUNCT3(htinst), unused = 64 - 8 * decode_htinst_width(htinst);

	if (funct3 == 2)
		return (uint64_t)(int32_t)value;
	if (funct3 == 4)
		return (uint8_t)value;
	value <<= unused;
	return funct3 & 4 ? value >> unused : (uint64_t)((int64_t)value >> unused);
}

/* The guest-physical address: htval lacks its two lowest bits, which are those of the virtual one.
 * (Of a walk they do not matter.) htval may be 0: the hardware does not tell. */
static inline uint64_t decode_gpa(uint64_t htval, uint64_t stval)
{
	return htval << 2 | (stval & 3);
}

/* From scause of a guest-page fault, and from htinst if it is a walk's. */
static inline enum axvm_access decode_fault_access(uint64_t scause, uint64_t htinst)
{
	if (decode_is_walk(htinst))
		return decode_walk_writes(htinst) ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ;
	if (scause == CAUSE_FETCH_GUEST_PAGE)
		return AXVM_ACCESS_EXECUTE;
	return scause == CAUSE_STORE_GUEST_PAGE ? AXVM_ACCESS_WRITE : AXVM_ACCESS_READ;
}

/* Of a load or store that is whole: MMIO_WRITE or MMIO_READ. */
static inline void decode_mmio(const struct arch_regs *regs, const struct decode_access *access,
			       uint64_t gpa, struct axvm_exit *exit)
{
	if (access->store) {
		exit->reason = AXVM_EXIT_MMIO_WRITE;
		exit->mmio_write.addr = axvm_gpa(gpa);
		exit->mmio_write.width = access->width;
		exit->mmio_write.data = regs->x[access->reg & 31];
		return;
	}
	exit->reason = AXVM_EXIT_MMIO_READ;
	exit->mmio_read.addr = axvm_gpa(gpa);
	exit->mmio_read.width = access->width;
	exit->mmio_read.reg = access->reg;
	exit->mmio_read.reg_width = 8;
	exit->mmio_read.signed_ext = access->is_signed;
}

/* ---- Virtual-instruction exceptions ---- */

#define INSN_WFI     0x10500073u
#define INSN_WRS_NTO 0x00d00073u /* Zawrs: wait on a reservation, without an end in time */
#define INSN_WRS_STO 0x01d00073u /* the same, for a short time */

enum decode_virtual {
	VIRTUAL_OTHER, /* what this guest's hart does not have */
	VIRTUAL_WFI,
	VIRTUAL_WRS, /* it spins: its turn may end */
	VIRTUAL_CSR, /* decode_csr() */
};

static inline enum decode_virtual decode_virtual(uint32_t insn)
{
	if (insn == INSN_WFI)
		return VIRTUAL_WFI;
	if (insn == INSN_WRS_NTO || insn == INSN_WRS_STO)
		return VIRTUAL_WRS;
	if (INSN_OPCODE(insn) == OPCODE_SYSTEM && INSN_FUNCT3(insn) & 3)
		return VIRTUAL_CSR;
	return VIRTUAL_OTHER;
}

/* CSRRW and so on (Unprivileged Architecture, "Zicsr"). */
struct decode_csr {
	uint16_t csr;
	uint8_t rd;  /* takes what the CSR was */
	bool writes; /* the CSR is to be changed */
};

#define CSRRW 1u /* of funct3's lower two bits: writes whatever rs1 is, unlike CSRRS and CSRRC */

/* Of VIRTUAL_CSR. */
static inline void decode_csr(uint32_t insn, struct decode_csr *out)
{
	out->csr = INSN_CSR(insn);
	out->rd = INSN_RD(insn);
	out->writes = (INSN_FUNCT3(insn) & 3) == CSRRW || INSN_RS1(insn) != 0;
}

#endif
