/* SPDX-License-Identifier: Apache-2.0 */
/* Four harts and their devices that do anything to the PLIC: registers in any width, beside what
 * the naive model knows. */
#include "../unit/plic_model.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

/* What the model does not know: other widths, and registers that are not there. */
static void odd_access(struct input *in)
{
	unsigned width = input_width(in);
	uint64_t gpa = PLIC + input_u32(in) % (LENGTH - 8);

	if (width == 4 && gpa % 4 == 0)
		gpa += 1;
	wr_width(gpa, width, input_u64(in));
	must(rd_width(gpa, width) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };

	start(1 + input_u8(&in) % CPUS);
	while (in.left) {
		uint8_t what = input_u8(&in);
		uint16_t where = input_u16(&in);

		if (what >= 0xf0)
			odd_access(&in);
		else
			any_operation(what, where, input_u32(&in));
		compare(false);
	}
	compare(true);
	return 0;
}
