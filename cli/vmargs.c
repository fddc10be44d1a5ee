/* SPDX-License-Identifier: Apache-2.0 */
#include "vmargs.h"

#include <errno.h>
#include <stdlib.h>

enum { OPT_IMAGES_IN = 512, OPT_BOARD_DTB };

unsigned parse_count(struct argp_state *state, const char *option, const char *text,
		     unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value < 1 || value > most)
		argp_error(state, "--%s: \"%s\" is not a number from 1 to %lu", option, text, most);
	return (unsigned)value;
}

static void add_image_folder(struct argp_state *state, struct vm_args *args, const char *folder)
{
	if (args->image_folder_num == IMAGE_FOLDERS_MAX)
		argp_error(state, "--images-in: at most %d folders", IMAGE_FOLDERS_MAX);
	args->image_folders[args->image_folder_num++] = folder;
}

static const struct argp_option option_table[] = {
	{ "arch", 'a', "ARCH", 0, "the VMs' architecture (default: what the kernels say)", 0 },
	{ "images-in", OPT_IMAGES_IN, "DIR", 0,
	  "refuse images that are not inside DIR; may be given several times", 0 },
	{ "board-dtb", OPT_BOARD_DTB, "FILE", 0,
	  "the board's flattened device tree, which devices are looked up in by their paths", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct vm_args *args = state->input;

	switch (key) {
	case 'a':
		args->arch = arch_by_name(arg);
		return args->arch ? 0 : EINVAL;
	case OPT_IMAGES_IN:
		add_image_folder(state, args, arg);
		return 0;
	case OPT_BOARD_DTB:
		args->board_dtb = arg;
		return 0;
	case ARGP_KEY_ARGS:
		args->files = &state->argv[state->next];
		args->num = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a file is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp vm_args_argp = { .options = option_table, .parser = parse_option };

const struct argp_child vm_args_children[] = {
	{ &vm_args_argp, 0, NULL, 0 },
	{ 0 },
};
