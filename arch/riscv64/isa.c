/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extensions that the board's harts have, from its device tree, and of them those that a guest
 * may use: what is listed here as the guest's works in VS- and VU-mode, and its state, if it has
 * any, moves with the vCPU. Everything else stays hidden until somebody has made sure of that.
 * Bindings: Linux's Documentation/devicetree/bindings/riscv/{cpus,extensions}.yaml.
 */
#include "csrs.h"
#include "fdt_build.h"
#include "fdt_check.h"
#include "host.h"
#include <libfdt.h>
#include <string.h>

/* Who may use an extension that every hart has. */
enum user {
	GUESTS,
	AIA_GUESTS, /* those with an IMSIC */
	NO_GUEST,   /* of the host, or of a mode that guests do not have */
};

/* The units of registers. */
#define BASE   RISCV64_EXT_I
#define FLOAT  RISCV64_EXT_D
#define VECTOR RISCV64_EXT_V

static const struct extension {
	const char *name;
	enum user user;
	enum riscv64_ext needs; /* for its registers to move with the vCPU */
	uint64_t henvcfg;	/* what makes it work in VS-mode */
} extensions[] = {
	/* Single letters, in the order of the ISA string */
	[RISCV64_EXT_I] = { "i", GUESTS, BASE, 0 },
	[RISCV64_EXT_M] = { "m", GUESTS, BASE, 0 },
	[RISCV64_EXT_A] = { "a", GUESTS, BASE, 0 },
	[RISCV64_EXT_F] = { "f", GUESTS, FLOAT, 0 },
	[RISCV64_EXT_D] = { "d", GUESTS, BASE, 0 },
	[RISCV64_EXT_C] = { "c", GUESTS, BASE, 0 },
	[RISCV64_EXT_V] = { "v", GUESTS, FLOAT, 0 },
	/* That something else asks for */
	[RISCV64_EXT_ZBC] = { "zbc", GUESTS, BASE, 0 },
	[RISCV64_EXT_ZICBOM] = { "zicbom", GUESTS, BASE, ENVCFG_CBIE_FLUSH | ENVCFG_CBCFE },
	[RISCV64_EXT_ZICBOP] = { "zicbop", GUESTS, BASE, 0 },
	[RISCV64_EXT_ZICBOZ] = { "zicboz", GUESTS, BASE, ENVCFG_CBZE },
	[RISCV64_EXT_ZICNTR] = { "zicntr", GUESTS, BASE, 0 },
	[RISCV64_EXT_ZIHPM] = { "zihpm", NO_GUEST, BASE, 0 },
	[RISCV64_EXT_SMSTATEEN] = { "smstateen", NO_GUEST, BASE, 0 },
	[RISCV64_EXT_SSAIA] = { "ssaia", AIA_GUESTS, BASE, 0 },
	[RISCV64_EXT_SSCOFPMF] = { "sscofpmf", NO_GUEST, BASE, 0 },
	[RISCV64_EXT_SSSTATEEN] = { "ssstateen", NO_GUEST, BASE, 0 },
	[RISCV64_EXT_SSTC] = { "sstc", GUESTS, BASE, ENVCFG_STCE },
	[RISCV64_EXT_SVADE] = { "svade", GUESTS, BASE, 0 },
	[RISCV64_EXT_SVADU] = { "svadu", GUESTS, BASE, ENVCFG_ADUE },
	[RISCV64_EXT_SVINVAL] = { "svinval", GUESTS, BASE, 0 },
	[RISCV64_EXT_SVNAPOT] = { "svnapot", GUESTS, BASE, 0 },
	[RISCV64_EXT_SVPBMT] = { "svpbmt", GUESTS, BASE, ENVCFG_PBMTE },
	[RISCV64_EXT_ZICSR] = { "zicsr", GUESTS, BASE, 0 },
	[RISCV64_EXT_ZIFENCEI] = { "zifencei", GUESTS, BASE, 0 },
	/* Instructions of every mode, on the registers above */
	{ "zic64b", GUESTS, BASE, 0 },
	{ "ziccamoa", GUESTS, BASE, 0 },
	{ "ziccif", GUESTS, BASE, 0 },
	{ "zicclsm", GUESTS, BASE, 0 },
	{ "ziccrse", GUESTS, BASE, 0 },
	{ "zicond", GUESTS, BASE, 0 },
	{ "zihintntl", GUESTS, BASE, 0 },
	{ "zihintpause", GUESTS, BASE, 0 },
	{ "zimop", GUESTS, BASE, 0 },
	{ "zmmul", GUESTS, BASE, 0 },
	{ "za64rs", GUESTS, BASE, 0 },
	{ "za128rs", GUESTS, BASE, 0 },
	{ "zaamo", GUESTS, BASE, 0 },
	{ "zabha", GUESTS, BASE, 0 },
	{ "zacas", GUESTS, BASE, 0 },
	{ "zalrsc", GUESTS, BASE, 0 },
	{ "zama16b", GUESTS, BASE, 0 },
	{ "zawrs", GUESTS, BASE, 0 },
	{ "zfa", GUESTS, FLOAT, 0 },
	{ "zfbfmin", GUESTS, FLOAT, 0 },
	{ "zfh", GUESTS, FLOAT, 0 },
	{ "zfhmin", GUESTS, FLOAT, 0 },
	{ "zca", GUESTS, BASE, 0 },
	{ "zcb", GUESTS, BASE, 0 },
	{ "zcd", GUESTS, FLOAT, 0 },
	{ "zcmop", GUESTS, BASE, 0 },
	{ "zba", GUESTS, BASE, 0 },
	{ "zbb", GUESTS, BASE, 0 },
	{ "zbkb", GUESTS, BASE, 0 },
	{ "zbkc", GUESTS, BASE, 0 },
	{ "zbkx", GUESTS, BASE, 0 },
	{ "zbs", GUESTS, BASE, 0 },
	{ "zkn", GUESTS, BASE, 0 },
	{ "zknd", GUESTS, BASE, 0 },
	{ "zkne", GUESTS, BASE, 0 },
	{ "zknh", GUESTS, BASE, 0 },
	{ "zks", GUESTS, BASE, 0 },
	{ "zksed", GUESTS, BASE, 0 },
	{ "zksh", GUESTS, BASE, 0 },
	{ "zkt", GUESTS, BASE, 0 },
	{ "ztso", GUESTS, BASE, 0 },
	{ "zvbb", GUESTS, VECTOR, 0 },
	{ "zvbc", GUESTS, VECTOR, 0 },
	{ "zve32f", GUESTS, VECTOR, 0 },
	{ "zve32x", GUESTS, VECTOR, 0 },
	{ "zve64d", GUESTS, VECTOR, 0 },
	{ "zve64f", GUESTS, VECTOR, 0 },
	{ "zve64x", GUESTS, VECTOR, 0 },
	{ "zvfbfmin", GUESTS, VECTOR, 0 },
	{ "zvfbfwma", GUESTS, VECTOR, 0 },
	{ "zvfh", GUESTS, VECTOR, 0 },
	{ "zvfhmin", GUESTS, VECTOR, 0 },
	{ "zvkb", GUESTS, VECTOR, 0 },
	{ "zvkg", GUESTS, VECTOR, 0 },
	{ "zvkn", GUESTS, VECTOR, 0 },
	{ "zvknc", GUESTS, VECTOR, 0 },
	{ "zvkned", GUESTS, VECTOR, 0 },
	{ "zvkng", GUESTS, VECTOR, 0 },
	{ "zvknha", GUESTS, VECTOR, 0 },
	{ "zvknhb", GUESTS, VECTOR, 0 },
	{ "zvks", GUESTS, VECTOR, 0 },
	{ "zvksc", GUESTS, VECTOR, 0 },
	{ "zvksed", GUESTS, VECTOR, 0 },
	{ "zvksg", GUESTS, VECTOR, 0 },
	{ "zvksh", GUESTS, VECTOR, 0 },
	{ "zvkt", GUESTS, VECTOR, 0 },
	/* How S-mode behaves; of VS-mode the same holds */
	{ "svvptc", GUESTS, BASE, 0 },
};

#define EXT_NUM	       (sizeof(extensions) / sizeof(extensions[0]))
#define SINGLE_LETTERS (RISCV64_EXT_V + 1)
_Static_assert(EXT_NUM <= 128, "bits of struct isa");
_Static_assert(RISCV64_EXT_ZIFENCEI + 1 == RISCV64_EXT_NUM, "the list goes on behind it");

/* Sizes of blocks that instructions work on, and the extensions that they belong to. */
static const struct block {
	const char *property;
	enum riscv64_ext ext;
} blocks[] = {
	{ "riscv,cbom-block-size", RISCV64_EXT_ZICBOM },
	{ "riscv,cbop-block-size", RISCV64_EXT_ZICBOP },
	{ "riscv,cboz-block-size", RISCV64_EXT_ZICBOZ },
};

#define BLOCK_NUM (sizeof(blocks) / sizeof(blocks[0]))

/* Of one hart, or of all. */
struct isa {
	uint64_t has[2]; /* a bit for each of extensions[] */
	uint32_t block_size[BLOCK_NUM];
	unsigned va_bits; /* 39, 48, 57: the largest mode of satp */
};

static struct isa board;

/* ---- Sets ---- */

static bool isa_has(const struct isa *isa, size_t i)
{
	return isa->has[i / 64] >> i % 64 & 1;
}

static void isa_add(struct isa *isa, size_t i)
{
	isa->has[i / 64] |= UINT64_C(1) << i % 64;
}

static void isa_remove(struct isa *isa, size_t i)
{
	isa->has[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* Adds what has this name, if it is known. */
static bool isa_add_name(struct isa *isa, const char *name, size_t len)
{
	for (size_t i = 0; i < EXT_NUM; i++) {
		const char *known = extensions[i].name;

		if (strncmp(known, name, len) != 0 || known[len] != '\0')
			continue;
		isa_add(isa, i);
		return true;
	}
	return false;
}

/* What the hypervisor is compiled for: where it runs, harts have that. */
static void isa_add_base(struct isa *isa)
{
	isa_add(isa, RISCV64_EXT_I);
	isa_add(isa, RISCV64_EXT_M);
	isa_add(isa, RISCV64_EXT_A);
	isa_add(isa, RISCV64_EXT_C);
	isa_add(isa, RISCV64_EXT_ZICSR);
	isa_add(isa, RISCV64_EXT_ZIFENCEI);
}

/* ---- The older property: "rv64imafdc_zicsr_zba", each with a version or without ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length without a version at the end: "2p0", "2". */
static size_t without_version(const char *name, size_t len)
{
	size_t end = len;

	while (end > 0 && is_digit(name[end - 1]))
		end--;
	if (end == len || end < 2 || name[end - 1] != 'p' || !is_digit(name[end - 2]))
		return end;
	for (end--; end > 0 && is_digit(name[end - 1]);)
		end--;
	return end;
}

static void add_token(struct isa *isa, const char *name, size_t len)
{
	if (!isa_add_name(isa, name, len))
		isa_add_name(isa, name, without_version(name, len));
}

/* "b" and "g" stand for others. */
static void add_letter(struct isa *isa, char letter)
{
	static const char *const b[] = { "zba", "zbb", "zbs" };
	static const char *const g[] = { "f", "d", "zicsr", "zifencei" };

	isa_add_name(isa, &letter, 1);
	for (size_t i = 0; letter == 'b' && i < sizeof(b) / sizeof(b[0]); i++)
		isa_add_name(isa, b[i], strlen(b[i]));
	for (size_t i = 0; letter == 'g' && i < sizeof(g) / sizeof(g[0]); i++)
		isa_add_name(isa, g[i], strlen(g[i]));
}

/* Up to the first '_', or to a longer name, which needs none before it. Result: how many. */
static size_t add_letters(struct isa *isa, const char *text, size_t len)
{
	size_t i = 0;

	for (; i < len && text[i] != '_' && text[i] != 's' && text[i] != 'x' && text[i] != 'z'; i++)
		add_letter(isa, text[i]);
	return i;
}

/* When such strings came up the counters belonged to the base (riscv/cpus.yaml). */
static void add_isa_string(struct isa *isa, const char *text, size_t len)
{
	size_t at;

	if (len < 4 || memcmp(text, "rv64", 4) != 0)
		return;
	isa_add(isa, RISCV64_EXT_ZICNTR);
	isa_add(isa, RISCV64_EXT_ZIHPM);
	at = 4 + add_letters(isa, text + 4, len - 4);
	while (at < len) {
		size_t end = at;

		while (end < len && text[end] != '_')
			end++;
		add_token(isa, text + at, end - at);
		at = end + 1;
	}
}

/* ---- A hart's node ---- */

/* The list of names, or of an older tree the string of them. */
static void read_names(const void *fdt, int node, struct isa *isa)
{
	int len;
	const char *p = fdt_getprop(fdt, node, "riscv,isa-extensions", &len);

	if (!p) {
		p = fdt_getprop(fdt, node, "riscv,isa", &len);
		if (p)
			add_isa_string(isa, p, strnlen(p, (size_t)len));
		return;
	}
	for (size_t at = 0, left = (size_t)len; left > 0;) {
		size_t n = strnlen(p + at, left);

		if (n == 1)
			add_letter(isa, p[at]);
		else
			isa_add_name(isa, p + at, n);
		n += n < left; /* the 0 behind it */
		at += n;
		left -= n;
	}
}

static unsigned read_va_bits(const void *fdt, int node)
{
	static const char prefix[] = "riscv,sv";
	size_t n = sizeof(prefix) - 1;
	int len;
	const char *p = fdt_getprop(fdt, node, "mmu-type", &len);

	if (!p || (size_t)len != n + 3 || memcmp(p, prefix, n) != 0 || !is_digit(p[n]) ||
	    !is_digit(p[n + 1]))
		return 0;
	return 10u * (unsigned)(p[n] - '0') + (unsigned)(p[n + 1] - '0');
}

static uint32_t read_cell(const void *fdt, int node, const char *name)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	return p && len == sizeof(*p) ? fdt32_ld(p) : 0;
}

static struct isa read_hart(const void *fdt, int node)
{
	struct isa isa = { .va_bits = read_va_bits(fdt, node) };

	read_names(fdt, node, &isa);
	isa_add_base(&isa);
	if (isa_has(&isa, RISCV64_EXT_SSSTATEEN)) /* of Smstateen what S-mode sees: hstateen0 */
		isa_add(&isa, RISCV64_EXT_SMSTATEEN);
	for (size_t i = 0; i < BLOCK_NUM; i++) {
		isa.block_size[i] = read_cell(fdt, node, blocks[i].property);
		if (!isa.block_size[i])
			isa_remove(&isa, blocks[i].ext);
	}
	return isa;
}

/* ---- All harts ---- */

static bool property_is(const void *fdt, int node, const char *name, const char *value)
{
	int len;
	const char *p = fdt_getprop(fdt, node, name, &len);

	return p && (size_t)len == strlen(value) + 1 && memcmp(p, value, (size_t)len) == 0;
}

/* One that runs software. Firmware marks the others. */
static bool is_hart(const void *fdt, int node)
{
	return property_is(fdt, node, "device_type", "cpu") &&
	       (!fdt_getprop(fdt, node, "status", NULL) ||
		property_is(fdt, node, "status", "okay") || property_is(fdt, node, "status", "ok"));
}

/* What both have. */
static void intersect(struct isa *isa, const struct isa *other)
{
	isa->has[0] &= other->has[0];
	isa->has[1] &= other->has[1];
	if (other->va_bits < isa->va_bits)
		isa->va_bits = other->va_bits;
	for (size_t i = 0; i < BLOCK_NUM; i++) {
		if (isa->block_size[i] != other->block_size[i])
			isa_remove(isa, blocks[i].ext);
	}
}

static void read_harts(const void *fdt, struct isa *all)
{
	int node;
	bool first = true;

	fdt_for_each_subnode(node, fdt, fdt_path_offset(fdt, "/cpus")) {
		struct isa hart;

		if (!is_hart(fdt, node))
			continue;
		hart = read_hart(fdt, node);
		if (first)
			*all = hart;
		else
			intersect(all, &hart);
		first = false;
	}
}

void riscv64_isa_init(const void *fdt)
{
	board = (struct isa){ 0 };
	isa_add_base(&board);
	if (fdt && fdt_tree_valid(fdt, fdt_totalsize(fdt)))
		read_harts(fdt, &board);
}

bool riscv64_has(enum riscv64_ext ext)
{
	return isa_has(&board, ext);
}

uint32_t riscv64_block_size(enum riscv64_ext ext)
{
	for (size_t i = 0; i < BLOCK_NUM; i++) {
		if (blocks[i].ext == ext && riscv64_has(ext))
			return board.block_size[i];
	}
	return 0;
}

/* ---- What guests get ---- */

/* With Svade firmware leaves it to software to set A and D, even where there is Svadu too. */
static bool usable(size_t i)
{
	return isa_has(&board, i) && riscv64_has(extensions[i].needs) &&
	       !(i == RISCV64_EXT_SVADU && riscv64_has(RISCV64_EXT_SVADE));
}

static bool guest_has(const struct axvm *vm, size_t i)
{
	return usable(i) &&
	       (extensions[i].user == GUESTS || (extensions[i].user == AIA_GUESTS && vm->arch.aia));
}

uint64_t riscv64_henvcfg(void)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < EXT_NUM; i++)
		bits |= usable(i) ? extensions[i].henvcfg : 0;
	return bits;
}

/* ---- A guest's node ---- */

/* Behind what `to` holds already; to may be NULL. Result: the new length. */
static size_t append(char *to, size_t at, const char *text, size_t len)
{
	if (to)
		memcpy(to + at, text, len);
	return at + len;
}

/* "rv64imac_zicsr_zifencei", with the 0 behind it. */
static size_t isa_string(const struct axvm *vm, char *to)
{
	size_t len = append(to, 0, "rv64", 4);

	for (size_t i = 0; i < EXT_NUM; i++) {
		if (!guest_has(vm, i))
			continue;
		if (i >= SINGLE_LETTERS)
			len = append(to, len, "_", 1);
		len = append(to, len, extensions[i].name, strlen(extensions[i].name));
	}
	return append(to, len, "", 1);
}

/* "i", "m", "a", each with a 0 behind it. */
static size_t isa_list(const struct axvm *vm, char *to)
{
	size_t len = 0;

	for (size_t i = 0; i < EXT_NUM; i++) {
		if (guest_has(vm, i))
			len = append(to, len, extensions[i].name, strlen(extensions[i].name) + 1);
	}
	return len;
}

static int put_text(const struct axvm *vm, void *fdt, const char *property,
		    size_t (*text)(const struct axvm *vm, char *to))
{
	void *to;

	FDT_TRY(fdt_property_placeholder(fdt, property, (int)text(vm, NULL), &to));
	text(vm, to);
	return 0;
}

static int put_mmu_type(void *fdt)
{
	switch (board.va_bits) {
	case 39:
		return fdt_property_string(fdt, "mmu-type", "riscv,sv39");
	case 48:
		return fdt_property_string(fdt, "mmu-type", "riscv,sv48");
	case 57:
		return fdt_property_string(fdt, "mmu-type", "riscv,sv57");
	default:
		return 0; /* the guest finds out by itself */
	}
}

int riscv64_fdt_isa(struct axvm *vm, void *fdt)
{
	FDT_TRY(fdt_property_string(fdt, "riscv,isa-base", "rv64i"));
	FDT_TRY(put_text(vm, fdt, "riscv,isa", isa_string));
	FDT_TRY(put_text(vm, fdt, "riscv,isa-extensions", isa_list));
	for (size_t i = 0; i < BLOCK_NUM; i++) {
		if (guest_has(vm, blocks[i].ext))
			FDT_TRY(fdt_property_u32(fdt, blocks[i].property, board.block_size[i]));
	}
	return put_mmu_type(fdt);
}
