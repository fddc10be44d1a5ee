/* SPDX-License-Identifier: Apache-2.0 */
/* Channels between VMs, as far as one VM's configuration tells. */
#include <string.h>

#include "config_check.h"

#define READ_WRITE (AXVM_ACCESS_READ | AXVM_ACCESS_WRITE)

static bool same_name(const char *a, const char *b)
{
	return strncmp(a, b, AXVM_NAME_MAX) == 0;
}

static enum axvm_error bad_subscriber(const struct checker *c, size_t i, size_t k,
				      const char *field, const char *what)
{
	diag_set(c->diag, AXVM_ERR_INVALID_INPUT, what);
	diag_where_inner(c->diag, IVC_CHANNELS, i, "subscribers", k, field);
	return AXVM_ERR_INVALID_INPUT;
}

/* Subscriber k, against those before it. */
static enum axvm_error check_subscriber(const struct checker *c, size_t i, size_t k)
{
	const struct axvm_ivc_subscriber *list = c->config->ivc_channels[i].subscribers;

	if (!name_valid(list[k].name))
		return bad_subscriber(c, i, k, "name", "must be 1 to 47 printable characters");
	if (same_name(list[k].name, c->config->name))
		return bad_subscriber(c, i, k, "name", "the publisher cannot subscribe");
	if (list[k].rights != AXVM_ACCESS_READ && list[k].rights != READ_WRITE) {
		bad_subscriber(c, i, k, "rights", "must be 1 (read) or 3 (read and write)");
		diag_value(c->diag, "rights", list[k].rights);
		return AXVM_ERR_INVALID_INPUT;
	}
	for (size_t n = 0; n < k; n++) {
		if (same_name(list[n].name, list[k].name))
			return bad_subscriber(c, i, k, "name", "listed twice: name each VM once");
	}
	return AXVM_OK;
}

static enum axvm_error check_publisher(const struct checker *c, size_t i)
{
	const struct axvm_ivc_channel *channel = &c->config->ivc_channels[i];
	enum axvm_error error = AXVM_OK;

	if (!channel->size)
		return bad_entry(c, IVC_CHANNELS, i, "size",
				 "must not be 0 in the VM that publishes: give the most that it "
				 "publishes, or name the publisher",
				 0);
	if (channel->subscriber_num < 1 || channel->subscriber_num > AXVM_MAX_IVC_SUBSCRIBERS)
		return bad_entry(c, IVC_CHANNELS, i, "subscribers", "must have 1 to 8 entries",
				 channel->subscriber_num);
	for (uint32_t k = 0; k < channel->subscriber_num && !error; k++)
		error = check_subscriber(c, i, k);
	return error;
}

static enum axvm_error check_subscription(const struct checker *c, size_t i)
{
	const struct axvm_ivc_channel *channel = &c->config->ivc_channels[i];

	if (!name_valid(channel->publisher))
		return bad_entry(c, IVC_CHANNELS, i, "publisher",
				 "must be 1 to 47 printable characters", 0);
	if (same_name(channel->publisher, c->config->name))
		return bad_entry(c, IVC_CHANNELS, i, "publisher",
				 "is this VM: leave it out where the VM publishes itself", 0);
	if (channel->size)
		return bad_entry(c, IVC_CHANNELS, i, "size",
				 "belongs to the publisher's channel: remove it here",
				 channel->size);
	if (channel->subscriber_num)
		return bad_entry(c, IVC_CHANNELS, i, "subscribers",
				 "belong to the publisher's channel: remove them here",
				 channel->subscriber_num);
	return AXVM_OK;
}

enum axvm_error check_channel(const struct checker *c, size_t i)
{
	const struct axvm_ivc_channel *channels = c->config->ivc_channels;

	for (size_t k = 0; k < i; k++) {
		if (channels[k].key != channels[i].key)
			continue;
		diag_set(c->diag, AXVM_ERR_ALREADY_EXISTS, "another channel has this key");
		diag_where_entry(c->diag, IVC_CHANNELS, i, "key");
		diag_other_entry(c->diag, IVC_CHANNELS, k);
		return AXVM_ERR_ALREADY_EXISTS;
	}
	return channels[i].publisher[0] ? check_subscription(c, i) : check_publisher(c, i);
}

static const struct axvm_emu_device *find_window(const struct axvm_config *config, size_t *index)
{
	for (uint32_t i = 0; i < config->emu_device_num; i++) {
		if (config->emu_devices[i].emu_type != AXVM_EMU_IVC_CHANNEL)
			continue;
		*index = i;
		return &config->emu_devices[i];
	}
	return NULL;
}

/* What is published takes whole pages of the window, and one stays free between two channels. */
static enum axvm_error check_sizes(const struct checker *c, uint64_t window)
{
	uint64_t room = window;

	for (uint32_t i = 0; i < c->config->ivc_channel_num; i++) {
		uint64_t size = c->config->ivc_channels[i].size;
		uint64_t pages = (size + PAGE_MASK) & ~PAGE_MASK;

		if (!size)
			continue;
		if (size > room || pages > room) {
			bad_entry(c, IVC_CHANNELS, i, "size",
				  "the window of the channels is used up: give less, or a larger "
				  "device of type 0xa",
				  size);
			diag_value(c->diag, "left", room);
			diag_value(c->diag, "window", window);
			return AXVM_ERR_INVALID_INPUT;
		}
		room -= pages;
		room -= room < AXVM_PAGE_SIZE ? room : AXVM_PAGE_SIZE;
	}
	return AXVM_OK;
}

enum axvm_error check_ivc_window(const struct checker *c)
{
	size_t index = 0;
	const struct axvm_emu_device *window = find_window(c->config, &index);

	if (!c->config->ivc_channel_num)
		return AXVM_OK;
	if (!window)
		return bad_field(c, IVC_CHANNELS,
				 "channels need a device of type 0xa: the addresses at which they "
				 "appear");
	if (window->length & PAGE_MASK)
		return bad_entry(c, EMU_DEVICES, index, "length", "must be a multiple of 4096",
				 window->length);
	return check_sizes(c, window->length);
}
