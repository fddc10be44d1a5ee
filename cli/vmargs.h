/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of the commands that take VM files. */
#ifndef VMARGS_H
#define VMARGS_H

#include <argp.h>

#include "vmfile.h"

/* A command's parser sets the first of its child_inputs to a struct vm_args. */
extern const struct argp_child vm_args_children[];

/* As many as an affinity mask can name. */
#define BOARD_CPUS_MAX 64

/* An option's value; anything but 1 to `most` ends the command. */
unsigned parse_count(struct argp_state *state, const char *option, const char *text,
		     unsigned long most);

#endif
