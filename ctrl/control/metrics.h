/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot in OpenMetrics' text form, version 1.0: what monitoring asks for. Of
 * each tunnel that is configured there is a row in every family of tunnels,
 * whatever has become of it. Pure.
 */
#ifndef CYG_CONTROL_METRICS_H
#define CYG_CONTROL_METRICS_H

#include "ctrl/base/slice.h"
#include "ctrl/model/status.h"

struct evbuffer;

#define METRICS_TYPE \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* false: out of memory. */
MUST_CHECK bool metrics_write(const struct status *s, struct evbuffer *out);

#endif
