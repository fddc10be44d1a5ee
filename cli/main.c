/* SPDX-License-Identifier: Apache-2.0 */
/* axvm: the command. Each of its own commands is in a file of that name. */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char *argp_program_version = "axvm " AXVM_VERSION;

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", cmd_run },   { "check", cmd_check },	{ "generate", cmd_generate },
	{ "pack", cmd_pack }, { "schema", cmd_schema },
};

static const char doc[] =
	"Virtual machines, on bare metal and elsewhere."
	"\v"
	"Commands:\n"
	"  generate --arch ARCH  write a VM file\n"
	"  check FILE.toml...    say what is wrong with VM files\n"
	"  run FILE.toml...      run VMs, with their consoles on this terminal\n"
	"  pack FILE.toml... -o BUNDLE\n"
	"                        put VMs and their images into one file for bare metal\n"
	"  schema                write the format of VM files, as a JSON Schema\n"
	"\n"
	"`axvm COMMAND --help` tells more of each.\n"
	"\n"
	"A VM is a file in TOML, for instance:\n"
	"\n"
	"  [base]\n"
	"  name = \"linux\"\n"
	"  cpu_num = 2\n"
	"  [kernel]\n"
	"  kernel_path = \"Image\"        # relative to this file\n"
	"  ramdisk_path = \"initrd.gz\"\n"
	"  cmdline = \"console=ttyAMA0\"\n"
	"  memory = \"512M\"\n"
	"\n"
	"Exit status: 0 the guests shut down cleanly, 1 the host could not, 2 usage or\n"
	"configuration, 3 a VM stopped on a fault, 4 timeout, 128 + N for signal N.\n";

__attribute__((format(printf, 2, 0))) static void message(const char *prefix, const char *fmt,
							  va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(stderr, "axvm: %s%s\n", prefix, text);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message("", fmt, args);
	va_end(args);
}

void say_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message("error: ", fmt, args);
	va_end(args);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* The first argument that is not an option names the command; the rest is the command's. */
struct choice {
	const struct command *command;
	int argc;
	char **argv;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		choice->command = find_command(arg);
		if (!choice->command)
			argp_error(state, "there is no command \"%s\"", arg);
		choice->argc = state->argc - state->next + 1;
		choice->argv = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_option,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = doc,
	};
	struct choice choice = { 0 };
	char name[32];

	argp_err_exit_status = CLI_CONFIG;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice) || !choice.command)
		return CLI_CONFIG;
	snprintf(name, sizeof(name), "axvm %s", choice.command->name);
	choice.argv[0] = name;
	return choice.command->run(choice.argc, choice.argv);
}
