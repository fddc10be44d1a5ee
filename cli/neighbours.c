/* SPDX-License-Identifier: Apache-2.0 */
#include "neighbours.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_MASK ((uint64_t)AXVM_PAGE_SIZE - 1)

/* The numbers of passthrough interrupts below are not the devices'. */
#define FIRST_SPI 32

/* One VM, as the others see it. */
struct vm {
	const struct vm_file *file;
	const struct axvm_config *config;
};

static struct vm vm_of(const struct vm_files *set, size_t i)
{
	return (struct vm){ &set->files[i], &set->vms[i].config };
}

/* ---- What only one of them can have ---- */

static bool check_id(struct vm a, struct vm b)
{
	char text[512];

	if (a.config->id != b.config->id)
		return true;
	snprintf(text, sizeof(text), "%s has the same id: each VM needs its own", b.file->path);
	vm_file_error(a.file, "base.id", text);
	return false;
}

static bool check_name(struct vm a, struct vm b)
{
	char text[512];

	if (strcmp(a.config->name, b.config->name) != 0)
		return true;
	snprintf(text, sizeof(text), "%s is named \"%s\" too: each VM needs its own name",
		 b.file->path, b.config->name);
	vm_file_error(a.file, "base.name", text);
	return false;
}

/* Host pages of a VM, both ends inclusive. */
struct host_range {
	char field[AXVM_DIAG_TEXT];
	uint64_t first;
	uint64_t last;
	bool shared;
};

/* Range n of a VM; false for RAM that is wherever the host has some. */
static bool host_range_get(const struct axvm_config *config, size_t n, struct host_range *out)
{
	const struct axvm_pass_through_device *device;

	if (n < config->memory_region_num) {
		const struct axvm_memory_region *region = &config->memory_regions[n];

		snprintf(out->field, sizeof(out->field), "kernel.memory_regions[%zu]", n);
		out->first = region->gpa;
		out->last = region->gpa + (region->size - 1);
		out->shared = region->flags & AXVM_MEM_SHARED;
		return region->map_type != AXVM_MAP_ALLOC;
	}
	n -= config->memory_region_num;
	device = &config->pass_through_devices[n];
	snprintf(out->field, sizeof(out->field), "devices.passthrough_devices[%zu]", n);
	out->first = device->base_hpa & ~PAGE_MASK;
	out->last = (device->base_hpa + (device->length - 1)) | PAGE_MASK;
	out->shared = device->shared;
	return true;
}

static bool check_host_range(struct vm a, const struct host_range *mine, struct vm b,
			     const struct host_range *other)
{
	char text[1024], its[AXVM_DIAG_TEXT];

	if (mine->first > other->last || other->first > mine->last ||
	    (mine->shared && other->shared))
		return true;
	vm_file_field(b.file, other->field, its, sizeof(its));
	snprintf(text, sizeof(text),
		 "\"%s\" and \"%s\" (%s: %s) want the same host memory, 0x%" PRIx64 " to 0x%" PRIx64
		 ": leave it to one of them, or say in both that it is shared",
		 a.config->name, b.config->name, b.file->path, its,
		 mine->first > other->first ? mine->first : other->first,
		 mine->last < other->last ? mine->last : other->last);
	vm_file_error(a.file, mine->field, text);
	return false;
}

static size_t host_range_num(const struct axvm_config *config)
{
	return config->memory_region_num + (size_t)config->pass_through_device_num;
}

static bool check_host_memory(struct vm a, struct vm b)
{
	struct host_range mine, other;
	bool good = true;

	for (size_t i = 0; i < host_range_num(a.config); i++) {
		if (!host_range_get(a.config, i, &mine))
			continue;
		for (size_t k = 0; k < host_range_num(b.config); k++) {
			if (host_range_get(b.config, k, &other))
				good &= check_host_range(a, &mine, b, &other);
		}
	}
	return good;
}

static bool check_host_irq(struct vm a, size_t i, struct vm b, size_t k)
{
	const struct axvm_pass_through_device *mine = &a.config->pass_through_devices[i];
	const struct axvm_pass_through_device *other = &b.config->pass_through_devices[k];
	char field[AXVM_DIAG_TEXT], its[AXVM_DIAG_TEXT], text[512];

	if (mine->irq_id < FIRST_SPI || mine->irq_id != other->irq_id ||
	    (mine->shared && other->shared))
		return true;
	snprintf(field, sizeof(field), "devices.passthrough_devices[%zu]", k);
	vm_file_field(b.file, field, its, sizeof(its));
	snprintf(field, sizeof(field), "devices.passthrough_devices[%zu].irq_id", i);
	snprintf(text, sizeof(text),
		 "\"%s\" (%s: %s) has host interrupt %" PRIu32 " too: leave it to one of them",
		 b.config->name, b.file->path, its, mine->irq_id);
	vm_file_error(a.file, field, text);
	return false;
}

static bool check_host_irqs(struct vm a, struct vm b)
{
	bool good = true;

	for (size_t i = 0; i < a.config->pass_through_device_num; i++) {
		for (size_t k = 0; k < b.config->pass_through_device_num; k++)
			good &= check_host_irq(a, i, b, k);
	}
	return good;
}

static bool check_pair(struct vm a, struct vm b)
{
	/* Without names of their own, those with the same id have the same name. */
	bool id = check_id(a, b), name = !id || check_name(a, b);
	bool memory = check_host_memory(a, b), irqs = check_host_irqs(a, b);

	return id && name && memory && irqs;
}

/* ---- Channels ---- */

static bool find_vm(const struct vm_files *set, const char *name, struct vm *out)
{
	for (size_t i = 0; i < set->num; i++) {
		*out = vm_of(set, i);
		if (strcmp(out->config->name, name) == 0)
			return true;
	}
	return false;
}

/* The channel of a VM with that key and publisher ("": the VM itself), or NULL. */
static const struct axvm_ivc_channel *find_channel(const struct axvm_config *config, uint32_t key,
						   const char *publisher)
{
	for (uint32_t i = 0; i < config->ivc_channel_num; i++) {
		const struct axvm_ivc_channel *channel = &config->ivc_channels[i];

		if (channel->key == key && strcmp(channel->publisher, publisher) == 0)
			return channel;
	}
	return NULL;
}

static bool lists(const struct axvm_ivc_channel *channel, const char *name)
{
	for (uint32_t i = 0; i < channel->subscriber_num; i++) {
		if (strcmp(channel->subscribers[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Something about channel i of a VM and VM `other`, which `what` begins after. */
static void say_channel(struct vm vm, size_t i, const char *sub, const char *severity,
			const char *other, const char *what)
{
	char field[AXVM_DIAG_TEXT], text[512];

	snprintf(field, sizeof(field), "devices.ivc[%zu].%s", i, sub);
	snprintf(text, sizeof(text), "\"%s\" %s", other, what);
	vm_file_say(vm.file, field, severity, text);
}

/* A channel that this VM publishes: what its subscribers lack is no mistake of this file. */
static void check_subscribers(const struct vm_files *set, struct vm vm, size_t i)
{
	const struct axvm_ivc_channel *channel = &vm.config->ivc_channels[i];
	struct vm subscriber;
	char sub[64];

	for (uint32_t k = 0; k < channel->subscriber_num; k++) {
		const char *name = channel->subscribers[k].name;

		snprintf(sub, sizeof(sub), "subscribers[%u].name", k);
		if (!find_vm(set, name, &subscriber))
			say_channel(vm, i, sub, "warning", name, "is not among these files");
		else if (!find_channel(subscriber.config, channel->key, vm.config->name))
			say_channel(vm, i, sub, "warning", name,
				    "has no channel with this key and publisher");
	}
}

/* *size: what the channel takes of the window once it is mapped, if that can be told. */
static bool check_publisher(const struct vm_files *set, struct vm vm, size_t i, uint64_t *size)
{
	const struct axvm_ivc_channel *channel = &vm.config->ivc_channels[i], *published;
	const char *name = channel->publisher;
	struct vm publisher;

	if (!find_vm(set, name, &publisher)) {
		say_channel(vm, i, "publisher", "warning", name,
			    "is not among these files: the channel stays closed without it");
		return true;
	}
	published = find_channel(publisher.config, channel->key, "");
	if (!published) {
		say_channel(vm, i, "key", "error", name,
			    "publishes no channel with this key: use one of its own");
		return false;
	}
	if (!lists(published, vm.config->name)) {
		say_channel(vm, i, "publisher", "error", name,
			    "does not list this VM among the channel's subscribers: add it there");
		return false;
	}
	*size = (published->size + PAGE_MASK) & ~PAGE_MASK;
	return true;
}

static uint64_t window_size(const struct axvm_config *config)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++) {
		if (config->emu_devices[i].emu_type == AXVM_EMU_IVC_CHANNEL)
			return config->emu_devices[i].length;
	}
	return 0;
}

/* Each end on its own, and whether all that it can map at once fits its window. */
static bool check_channels(const struct vm_files *set, struct vm vm)
{
	uint64_t room = window_size(vm.config);
	bool good = true;

	for (uint32_t i = 0; i < vm.config->ivc_channel_num; i++) {
		const struct axvm_ivc_channel *channel = &vm.config->ivc_channels[i];
		uint64_t size = (channel->size + PAGE_MASK) & ~PAGE_MASK;

		if (channel->publisher[0])
			good &= check_publisher(set, vm, i, &size);
		else
			check_subscribers(set, vm, i);
		if (size > room) {
			say_channel(vm, i, "key", "error", vm.config->name,
				    "has too small a window for its channels: give it a larger "
				    "device of type 0xa");
			return false;
		}
		room -= size;
	}
	return good;
}

enum cli_status neighbours_check(const struct vm_files *set)
{
	bool good = true, all = true;

	for (size_t i = 0; i < set->num; i++) {
		all &= set->files[i].good;
		for (size_t k = 0; k < i; k++) {
			if (set->files[i].good && set->files[k].good)
				good &= check_pair(vm_of(set, i), vm_of(set, k));
		}
	}
	for (size_t i = 0; i < set->num && all; i++)
		good &= check_channels(set, vm_of(set, i));
	return good ? CLI_OK : CLI_CONFIG;
}
