/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any device tree as a RISC-V board's, and any bytes as the properties of its harts: what a guest
 * then sees is a string of whole known names that begins with the base.
 */
#include "../../arch/riscv64/host.h"
#include "fdt_build.h"
#include "input.h"
#include <libfdt.h>

#define TREE_SIZE (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static uint64_t board[TREE_SIZE / 8], guest[TREE_SIZE / 8];

static void put_bytes(struct input *in, const char *name)
{
	static uint8_t bytes[256];
	size_t len = input_u8(in);

	input_bytes(in, bytes, len);
	must(fdt_property(board, name, bytes, (int)len) == 0);
}

static void put_hart(struct input *in)
{
	static const char *const names[] = {
		"riscv,isa-extensions",	 "riscv,isa",  "mmu-type", "status",
		"riscv,cbom-block-size", "device_type"
	};
	uint8_t which = input_u8(in);

	fdt_begin_node(board, "cpu");
	if (!(which & 0x40))
		fdt_property_string(board, "device_type", "cpu");
	for (unsigned i = 0; i < 6; i++)
		if (which >> i & 1)
			put_bytes(in, names[i]);
	must(fdt_end_node(board) == 0);
}

/* A tree that is whole, with properties that need not be. */
static void make_board(struct input *in)
{
	fdt_create(board, TREE_SIZE);
	fdt_finish_reservemap(board);
	fdt_begin_node(board, "");
	fdt_begin_node(board, "cpus");
	for (unsigned i = 0; i < 8 && in->left; i++)
		put_hart(in);
	fdt_end_node(board);
	fdt_end_node(board);
	must(fdt_finish(board) == 0);
}

static const char *guest_text(const char *name, int *len)
{
	const char *text = fdt_getprop(guest, 0, name, len);

	must(text && *len > 0 && text[*len - 1] == '\0');
	return text;
}

static void check_guest(bool aia)
{
	static struct axvm vm;
	const char *isa, *list;
	int isa_len, list_len;

	vm.arch.aia = aia;
	fdt_create(guest, TREE_SIZE);
	fdt_finish_reservemap(guest);
	fdt_begin_node(guest, "");
	must(riscv64_fdt_isa(&vm, guest) == 0);
	fdt_end_node(guest);
	must(fdt_finish(guest) == 0);
	isa = guest_text("riscv,isa", &isa_len);
	list = guest_text("riscv,isa-extensions", &list_len);
	must(strncmp(isa, "rv64ima", 7) == 0 && strlen(isa) + 1 == (size_t)isa_len);
	must(fdt_stringlist_contains(list, list_len, "zicsr"));
	must(fdt_stringlist_contains(list, list_len, "ssaia") <= aia);
	must(!fdt_stringlist_contains(list, list_len, "h"));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	if (input_u8(&in) & 1) {
		make_board(&in);
	} else {
		memset(board, 0, sizeof(board));
		input_bytes(&in, board, in.left < TREE_SIZE ? in.left : TREE_SIZE);
		if (fdt_totalsize(board) > TREE_SIZE)
			return 0; /* no host would pass it on */
	}
	riscv64_isa_init(board);
	check_guest(false);
	check_guest(true);
	return 0;
}
