/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_device.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct axvm_device_model *const __start_axvm_device_models[];
extern const struct axvm_device_model *const __stop_axvm_device_models[];

static struct fake_device *fake_of(struct axvm_device *dev)
{
	return (struct fake_device *)dev;
}

void fake_device_init(struct fake_device *fake)
{
	const struct axvm_device_model *model = __start_axvm_device_models[0];

	assert_int_equal(__stop_axvm_device_models - __start_axvm_device_models, 1);
	*fake = (struct fake_device){ .dev.model = model, .deadline = UINT64_MAX };
	fake->dev.state = calloc(1, model->state_size);
	assert_non_null(fake->dev.state);
	model->reset(&fake->dev);
}

void fake_device_fini(struct fake_device *fake)
{
	free(fake->dev.state);
}

void fake_device_advance(struct fake_device *fake, uint64_t nanos)
{
	fake->now += nanos;
	if (fake->now < fake->deadline)
		return;
	fake->deadline = UINT64_MAX;
	fake->dev.model->timer(&fake->dev);
}

int fake_device_setup(void **state)
{
	*state = malloc(sizeof(struct fake_device));
	fake_device_init(*state);
	return 0;
}

int fake_device_teardown(void **state)
{
	fake_device_fini(*state);
	free(*state);
	return 0;
}

size_t fake_type(struct fake_device *fake, size_t len)
{
	uint8_t bytes[64];

	assert_true(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)('A' + i);
	return fake->dev.model->console_input(&fake->dev, bytes, len);
}

uint32_t fake_read(struct fake_device *fake, uint64_t offset)
{
	return (uint32_t)fake->dev.model->read(&fake->dev, offset, 4);
}

void fake_write(struct fake_device *fake, uint64_t offset, uint32_t value)
{
	fake->dev.model->write(&fake->dev, offset, 4, value);
}

void axvm_device_set_irq(struct axvm_device *dev, bool level)
{
	fake_of(dev)->irq = level;
}

void axvm_device_console_write(struct axvm_device *dev, const uint8_t *bytes, size_t len)
{
	struct fake_device *fake = fake_of(dev);

	assert_true(len <= sizeof(fake->out) - fake->out_len);
	memcpy(fake->out + fake->out_len, bytes, len);
	fake->out_len += len;
}

uint64_t axvm_device_now(struct axvm_device *dev)
{
	return fake_of(dev)->now;
}

void axvm_device_set_timer(struct axvm_device *dev, uint64_t deadline)
{
	fake_of(dev)->deadline = deadline;
}

uint64_t axvm_device_wall_clock_base(struct axvm_device *dev)
{
	return fake_of(dev)->wall;
}

void axvm_device_power(struct axvm_device *dev, enum axvm_device_power how, uint64_t code)
{
	struct fake_device *fake = fake_of(dev);

	fake->ends++;
	fake->how = how;
	fake->code = code;
}
