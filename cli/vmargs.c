/* SPDX-License-Identifier: Apache-2.0 */
#include "vmargs.h"

#include <errno.h>

static const struct argp_option option_table[] = {
	{ "arch", 'a', "ARCH", 0, "the VMs' architecture (default: what the kernels say)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct vm_args *args = state->input;

	switch (key) {
	case 'a':
		args->arch = arch_by_name(arg);
		return args->arch ? 0 : EINVAL;
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
