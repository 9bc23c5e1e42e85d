// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_token.h"

#include <string.h>

#include "ctrl/conf/values.h"
#include "ctrl/model/token.h"

VALUE_READER(value_token_handle)
{
	return token_handle_parse(v->text, out) ? 0 : value_fail_form(k, v, e);
}

VALUE_READER(value_token_slot)
{
	return token_slot_parse(v->text, out) ? 0 : value_fail_form(k, v, e);
}

VALUE_READER(value_token_pin)
{
	return token_pin_take(v->text, out) ? 0 : value_fail_form(k, v, e);
}

VALUE_READER(value_token_module)
{
	size_t len = strlen(v->text);

	if (len >= CONF_NAME_MAX)
		return value_fail_form(k, v, e);
	memcpy(out, v->text, len + 1);
	return 0;
}
