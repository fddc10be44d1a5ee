/* SPDX-License-Identifier: Apache-2.0 */
/* axvm pack: VM files and what they name, as one bundle for bare metal. */
#include <argp.h>

#include "vmargs.h"

struct options {
	struct vm_args vms;
	const char *output;
};

static const struct argp_option option_table[] = {
	{ "output", 'o', "BUNDLE", 0, "the file to write", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->vms;
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->output)
			argp_error(state, "-o BUNDLE is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum cli_status write_bundle(const struct vm_files *set, const char *path)
{
	struct buffer bundle;
	enum cli_status status = vm_files_bundle(set, &bundle);
	const char *why;

	if (status)
		return status;
	why = file_write(path, bundle.data, bundle.size);
	buffer_free(&bundle);
	if (!why)
		return CLI_OK;
	say_error("%s: cannot be written: %s", path, why);
	return CLI_HOST;
}

int cmd_pack(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.children = vm_args_children,
		.args_doc = "FILE.toml... -o BUNDLE",
		.doc = "Checks VM files and writes them, with the images they name, into one\n"
		       "bundle, which a boot loader hands to the bare-metal hypervisor as its\n"
		       "initial RAM disk.",
	};
	struct options options = { 0 };
	struct vm_files set;
	enum cli_status status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options))
		return CLI_CONFIG;
	status = vm_files_load(&set, &options.vms, true);
	if (!status)
		status = write_bundle(&set, options.output);
	vm_files_free(&set);
	return (int)status;
}
