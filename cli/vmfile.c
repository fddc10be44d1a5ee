/* SPDX-License-Identifier: Apache-2.0 */
#include "vmfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_tree.h"
#include "neighbours.h"
#include "passthrough.h"

#define DEFAULT_ARCH AXVM_ARCH_AARCH64

static const struct {
	const char *name;
	enum axvm_arch arch;
} arch_names[] = {
	{ "aarch64", AXVM_ARCH_AARCH64 },
	{ "riscv64", AXVM_ARCH_RISCV64 },
	{ "x86_64", AXVM_ARCH_X86_64 },
};

#define ARCH_NUM (sizeof(arch_names) / sizeof(arch_names[0]))

const char *arch_name(enum axvm_arch arch)
{
	for (size_t i = 0; i < ARCH_NUM; i++) {
		if (arch_names[i].arch == arch)
			return arch_names[i].name;
	}
	return "unknown";
}

enum axvm_arch arch_by_name(const char *name)
{
	for (size_t i = 0; i < ARCH_NUM; i++) {
		if (strcmp(arch_names[i].name, name) == 0 && axvm_machine_get(arch_names[i].arch))
			return arch_names[i].arch;
	}
	say_error("there is no guest machine for \"%s\": use aarch64 or riscv64", name);
	return 0;
}

/* ---- Messages ---- */

static void print_finding(const struct vm_file *file, unsigned line, unsigned column,
			  const char *severity, const char *text)
{
	fprintf(stderr, "%s:%u:%u: %s: %s\n", file->path, line, column, severity, text);
}

static void report_toml(void *ctx, unsigned line, unsigned column, const char *text)
{
	print_finding(ctx, line, column, "error", text);
}

/* `other` is what stands for the field in the file when the field itself does not, or NULL. */
static void report_at(const struct vm_file *file, const char *field, const char *other,
		      const char *severity, const char *text)
{
	unsigned line, column;
	char *whole = NULL;

	if (!axvm_toml_place(file->toml, field, &line, &column) && other && other[0])
		axvm_toml_place(file->toml, other, &line, &column);
	if (asprintf(&whole, "%s%s%s", field, field[0] ? ": " : "", text) >= 0)
		print_finding(file, line, column, severity, whole);
	free(whole);
}

static void report_field(const struct vm_file *file, const char *field, const char *severity,
			 const char *text)
{
	report_at(file, field, NULL, severity, text);
}

/* Which file of the host a field speaks of, or NULL. */
static const char *path_of_field(const struct vm_file *file, const char *field)
{
	if (strcmp(field, "kernel.kernel_path") == 0)
		return file->crate.kernel.kernel_path;
	if (strcmp(field, "kernel.ramdisk_path") == 0)
		return file->crate.kernel.ramdisk_path;
	if (strcmp(field, "kernel.dtb_path") == 0)
		return file->crate.kernel.dtb_path;
	if (strcmp(field, "kernel.bios_path") == 0)
		return file->crate.kernel.bios_path;
	return NULL;
}

/* RAM is a list in a VM's configuration, but may be one number in its file; and a path is one
 * entry, whatever is behind it. */
void vm_file_field(const struct vm_file *file, const char *field, char *out, size_t size)
{
	static const char regions[] = "kernel.memory_regions";

	if (strncmp(field, regions, sizeof(regions) - 1) == 0 &&
	    !file->crate.kernel.memory_region_num)
		snprintf(out, size, "kernel.memory");
	else
		passthrough_field(file, field, out, size);
}

void vm_file_say(const struct vm_file *file, const char *field, const char *severity,
		 const char *text)
{
	char where[AXVM_DIAG_TEXT];

	vm_file_field(file, field, where, sizeof(where));
	report_field(file, where, severity, text);
}

void vm_file_error(const struct vm_file *file, const char *field, const char *text)
{
	vm_file_say(file, field, "error", text);
}

/* A diagnostic that names no field is about `field`. */
static void report_diag(const struct vm_file *file, const char *field, struct axvm_diag diag)
{
	char where[AXVM_DIAG_TEXT], other[AXVM_DIAG_TEXT], text[1024], whole[1536];
	const char *path;

	vm_file_field(file, diag.where[0] ? diag.where : field, where, sizeof(where));
	passthrough_field(file, diag.other, other, sizeof(other));
	memcpy(diag.other, other, sizeof(other));
	diag.where[0] = '\0';
	axvm_diag_format(&diag, text, sizeof(text));
	path = path_of_field(file, where);
	snprintf(whole, sizeof(whole), "%s%s%s", path ? path : "", path ? ": " : "", text);
	report_at(file, where, diag.other, "error", whole);
}

/* ---- One file ---- */

static enum cli_status parse(struct vm_file *file, const char *text, size_t size)
{
	file->toml = axvm_toml_parse(text, size, report_toml, file);
	if (!file->toml)
		return CLI_CONFIG;
	file->crate = *axvm_toml_crate(file->toml);
	return CLI_OK;
}

static enum cli_status parse_file(struct vm_file *file, const char *path)
{
	struct buffer text;
	const char *why = file_read(path, &text);
	enum cli_status status;

	file->path = path;
	if (why) {
		fprintf(stderr, "%s:1:1: error: %s\n", path, why);
		return CLI_CONFIG;
	}
	status = parse(file, (const char *)text.data, text.size);
	buffer_free(&text);
	return status;
}

/* Where images may be, if the command line says so. */
static const char *check_folder(const struct vm_file *file, const char *path)
{
	const struct vm_args *args = file->args;

	if (!args || !args->image_folder_num)
		return NULL;
	for (size_t i = 0; i < args->image_folder_num; i++) {
		if (path_inside(path, args->image_folders[i]))
			return NULL;
	}
	return "is not inside a folder of --images-in: put it there";
}

static enum cli_status read_image(const struct vm_file *file, const char *field, bool may_be_packed,
				  struct buffer *out)
{
	const char *name = path_of_field(file, field);
	char *path = name ? path_beside(file->path, name) : NULL;
	const char *why = NULL;
	char text[1024];

	if (!name)
		return CLI_OK;
	if (path)
		why = file_read_regular(path, out);
	if (path && !why)
		why = check_folder(file, path);
	if (path && !why && may_be_packed)
		why = unpack(out, path);
	if (path && !why && !out->size)
		why = "the file is empty: fetch or build it again";
	if (why) {
		snprintf(text, sizeof(text), "%s: %s", path, why);
		report_field(file, field, "error", text);
	}
	free(path);
	return why ? CLI_CONFIG : CLI_OK;
}

static enum cli_status probe_kernel(struct vm_file *file)
{
	struct axvm_diag diag;

	if (!file->kernel.size)
		return CLI_OK;
	if (!axvm_image_probe(file->kernel.data, file->kernel.size, &file->info, &diag))
		return CLI_OK;
	report_diag(file, "kernel.kernel_path", diag);
	return CLI_CONFIG;
}

static enum cli_status check_dtb(const struct vm_file *file)
{
	const struct buffer *dtb = &file->dtb;

	if (!dtb->size || axvm_image_check_dtb(dtb->data, dtb->size) == AXVM_OK)
		return CLI_OK;
	report_field(file, "kernel.dtb_path", "error",
		     "not a device tree of version 17, or a damaged one: compile it with dtc");
	return CLI_CONFIG;
}

/* All of them are read, so that every missing one is named. */
static enum cli_status read_images(struct vm_file *file)
{
	enum cli_status kernel = read_image(file, "kernel.kernel_path", true, &file->kernel);
	enum cli_status ramdisk = read_image(file, "kernel.ramdisk_path", false, &file->ramdisk);
	enum cli_status dtb = read_image(file, "kernel.dtb_path", false, &file->dtb);
	enum cli_status bios = read_image(file, "kernel.bios_path", false, &file->bios);

	if (kernel || ramdisk || dtb || bios || check_dtb(file))
		return CLI_CONFIG;
	return probe_kernel(file);
}

static enum cli_status no_kernel(const struct vm_file *file, bool complete)
{
	report_field(file, "kernel.kernel_path", complete ? "error" : "warning",
		     "not set: a VM needs a kernel to run");
	return complete ? CLI_CONFIG : CLI_OK;
}

/* The kernel's own word against the VM's architecture. */
static enum cli_status check_arch(const struct vm_file *file, enum axvm_arch arch)
{
	char text[128];

	if (!file->info.arch || file->info.arch == arch)
		return CLI_OK;
	snprintf(text, sizeof(text), "%s: the kernel is for %s, the VM for %s: use another one",
		 file->crate.kernel.kernel_path, arch_name(file->info.arch), arch_name(arch));
	report_field(file, "kernel.kernel_path", "error", text);
	return CLI_CONFIG;
}

static enum cli_status place_images(struct vm_file *file, const struct axvm_config *config)
{
	struct axvm_diag diag;

	file->layout.ramdisk_size = file->ramdisk.size;
	file->layout.dtb_size = file->dtb.size;
	file->layout.bios_size = file->bios.size;
	if (!axvm_image_place(config, &file->info, &file->layout, &diag))
		return CLI_OK;
	report_diag(file, "kernel.kernel_path", diag);
	return CLI_CONFIG;
}

static struct axvm_image image_of(const struct buffer *buffer)
{
	return (struct axvm_image){ buffer->data, buffer->size };
}

static struct axvm_images images_of(const struct vm_file *file)
{
	return (struct axvm_images){
		.kernel = image_of(&file->kernel),
		.ramdisk = image_of(&file->ramdisk),
		.dtb = image_of(&file->dtb),
		.bios = image_of(&file->bios),
	};
}

static void report_finding(void *ctx, const struct axvm_diag *diag)
{
	report_diag(ctx, "", *diag);
}

/* A vCPU that may only run on CPUs that the board has not. */
static enum cli_status check_board_cpus(const struct vm_file *file,
					const struct axvm_config *config)
{
	unsigned cpus = file->args ? file->args->board_cpus : 0;
	enum cli_status status = CLI_OK;
	char field[AXVM_DIAG_TEXT], text[160];

	for (uint32_t i = 0; i < config->phys_cpu_set_num && cpus && cpus < 64; i++) {
		if (config->phys_cpu_sets[i] & ((UINT64_C(1) << cpus) - 1))
			continue;
		snprintf(field, sizeof(field), "base.phys_cpu_sets[%" PRIu32 "]", i);
		snprintf(text, sizeof(text),
			 "has no CPU of the board, which has %u: use bits 0 to %u", cpus, cpus - 1);
		report_field(file, field, "error", text);
		status = CLI_CONFIG;
	}
	return status;
}

static enum cli_status convert(struct vm_file *file, struct axvm_bundle_vm *vm)
{
	struct axvm_diag diag;

	if (axvm_config_from_crate_config(&file->crate, &vm->config, &diag)) {
		report_diag(file, "", diag);
		return CLI_CONFIG;
	}
	if (axvm_config_check_all(&vm->config, report_finding, file) ||
	    check_board_cpus(file, &vm->config))
		return CLI_CONFIG;
	vm->images = images_of(file);
	return CLI_OK;
}

/* Their memory is mapped, and nothing more is done for them. */
static void warn_pass_through(const struct vm_file *file, const struct axvm_config *config)
{
	char field[AXVM_DIAG_TEXT], text[128];

	for (uint32_t i = 0; i < config->pass_through_device_num; i++) {
		uint32_t irq = config->pass_through_devices[i].irq_id;

		if (!irq)
			continue;
		snprintf(field, sizeof(field), "devices.passthrough_devices[%u]", i);
		snprintf(text, sizeof(text),
			 "interrupt %u is not forwarded to the VM: its driver has to poll", irq);
		vm_file_say(file, field, "warning", text);
	}
}

static enum cli_status resolve_paths(const struct vm_files *set, struct vm_file *file,
				     bool complete)
{
	const char *severity = complete ? "error" : "warning";

	/* What makes the tree did not, since something is wrong with the files. */
	if (file->args && file->args->make_board_dtb)
		severity = NULL;
	return passthrough_resolve(file, set->board_dtb.size ? &set->board_dtb : NULL, severity);
}

static enum cli_status check_file(const struct vm_files *set, struct vm_file *file,
				  struct axvm_bundle_vm *vm, bool complete)
{
	enum cli_status kernel = check_arch(file, set->arch), status;
	enum cli_status paths = resolve_paths(set, file, complete);

	file->crate.arch = set->arch;
	status = convert(file, vm);
	if (kernel || paths)
		return CLI_CONFIG;
	if (!status)
		warn_pass_through(file, &vm->config);
	if (!status && !file->kernel.size)
		return no_kernel(file, complete);
	if (!status)
		status = place_images(file, &vm->config);
	return status;
}

static void vm_file_free(struct vm_file *file)
{
	axvm_toml_free(file->toml);
	buffer_free(&file->kernel);
	buffer_free(&file->ramdisk);
	buffer_free(&file->dtb);
	buffer_free(&file->bios);
}

/* ---- All files ---- */

static bool id_taken(const struct vm_files *set, uint64_t id)
{
	for (size_t i = 0; i < set->num; i++) {
		if (set->files[i].crate.base.id.set && set->files[i].crate.base.id.value == id)
			return true;
	}
	return false;
}

/* A VM without an id gets the lowest that is free. */
static void assign_ids(struct vm_files *set)
{
	uint64_t id = 1;

	for (size_t i = 0; i < set->num; i++) {
		if (set->files[i].crate.base.id.set)
			continue;
		while (id_taken(set, id))
			id++;
		set->files[i].crate.base.id = axvm_some(id);
	}
}

/* What the kernels say; where they contradict each other, check_arch() finds it. */
static enum axvm_arch common_arch(const struct vm_files *set)
{
	for (size_t i = 0; i < set->num; i++) {
		if (axvm_machine_get(set->files[i].info.arch))
			return set->files[i].info.arch;
	}
	return DEFAULT_ARCH;
}

/* What no file says alone. */
static void settle(struct vm_files *set, enum axvm_arch arch)
{
	set->arch = arch ? arch : common_arch(set);
	assign_ids(set);
}

/* Every file that can be: what is wrong with one says nothing about the others. */
static enum cli_status check_all(struct vm_files *set, bool complete)
{
	enum cli_status status = CLI_OK;

	for (size_t i = 0; i < set->num; i++) {
		struct vm_file *file = &set->files[i];

		if (file->good)
			file->good = !check_file(set, file, &set->vms[i], complete);
		if (!file->good)
			status = CLI_CONFIG;
	}
	return neighbours_check(set) ? CLI_CONFIG : status;
}

static enum cli_status allocate(struct vm_files *set, size_t num)
{
	*set = (struct vm_files){ 0 };
	if (num > AXVM_BUNDLE_MAX_VMS) {
		say_error("%zu files: at most %d VMs run together", num, AXVM_BUNDLE_MAX_VMS);
		return CLI_CONFIG;
	}
	set->files = calloc(num, sizeof(*set->files));
	set->vms = calloc(num, sizeof(*set->vms));
	if (!set->files || !set->vms) {
		say_error("not enough memory");
		return CLI_HOST;
	}
	set->num = num;
	return CLI_OK;
}

/* A VM without the devices behind paths: enough to tell the board that it takes. */
static bool draft(const struct vm_files *set, size_t i)
{
	struct axvm_crate_config crate = set->files[i].crate;
	struct axvm_bundle_vm *vm = &set->vms[i];

	crate.arch = set->arch;
	crate.devices.passthrough_device_num = 0;
	vm->images = images_of(&set->files[i]);
	return set->files[i].good && !passthrough_contradicts(&set->files[i]) &&
	       !axvm_config_from_crate_config(&crate, &vm->config, NULL) &&
	       !axvm_config_check(&vm->config, NULL);
}

/* When something is wrong with a file, its check will say so. */
static enum cli_status make_board_dtb(struct vm_files *set, const struct vm_args *args)
{
	bool wanted = false;

	if (!args->make_board_dtb)
		return CLI_OK;
	for (size_t i = 0; i < set->num; i++) {
		if (!draft(set, i))
			return CLI_OK;
		wanted = wanted || passthrough_has_paths(&set->files[i]);
	}
	return wanted ? args->make_board_dtb(args->make_ctx, set, &set->board_dtb) : CLI_OK;
}

static enum cli_status get_board_dtb(struct vm_files *set, const struct vm_args *args)
{
	if (args->board_dtb)
		return host_tree_read(args->board_dtb, &set->board_dtb);
	return make_board_dtb(set, args);
}

enum cli_status vm_files_load(struct vm_files *set, const struct vm_args *args, bool complete)
{
	enum cli_status status = allocate(set, args->num);

	if (status)
		return status;
	for (size_t i = 0; i < set->num; i++) {
		struct vm_file *file = &set->files[i];

		file->args = args;
		file->good = !parse_file(file, args->files[i]) && !read_images(file);
	}
	settle(set, args->arch);
	status = get_board_dtb(set, args);
	return status ? status : check_all(set, complete);
}

void vm_files_free(struct vm_files *set)
{
	for (size_t i = 0; i < set->num; i++)
		vm_file_free(&set->files[i]);
	buffer_free(&set->board_dtb);
	free(set->files);
	free(set->vms);
}

enum cli_status vm_text_check(const char *path, const char *text, enum axvm_arch arch)
{
	struct vm_files set;
	enum cli_status status = allocate(&set, 1);

	if (!status) {
		set.files[0].path = path;
		status = parse(&set.files[0], text, strlen(text));
	}
	if (!status)
		status = read_images(&set.files[0]);
	if (!status)
		set.files[0].good = true;
	if (!status && set.files[0].crate.kernel.kernel_path) {
		settle(&set, arch);
		status = check_all(&set, true);
	} else if (!status) {
		set.files[0].crate.arch = arch;
		status = convert(&set.files[0], &set.vms[0]);
	}
	vm_files_free(&set);
	return status;
}

enum cli_status vm_files_bundle(const struct vm_files *set, struct buffer *out)
{
	size_t bound = axvm_bundle_bound(set->vms, set->num);
	enum axvm_error error;

	*out = (struct buffer){ .data = malloc(bound) };
	if (!out->data) {
		say_error("not enough memory");
		return CLI_HOST;
	}
	error = axvm_bundle_write(set->vms, set->num, out->data, bound, &out->size);
	if (!error)
		return CLI_OK;
	buffer_free(out);
	say_error("cannot make a bundle of these files: %s", axvm_strerror(error));
	return CLI_CONFIG;
}
