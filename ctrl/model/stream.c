// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/stream.h"

static const struct {
	const char *name, *text;
} counts[STREAM_COUNTS] = {
	[STREAM_COUNT_ACCEPTED] = { "accepted", "connections that peers opened" },
	[STREAM_COUNT_CROWDED] = { "crowded",
				   "connections of too many strangers at once" },
	[STREAM_COUNT_MALFORMED] = { "malformed",
				     "connections that said what is not RFC 9329" },
	[STREAM_COUNT_SLOW] = { "slow",
				"connections in which no IKE SA came up in time" },
	[STREAM_COUNT_ESP_FULL] = { "esp_full",
				    "ESP for a peer that does not read so fast" },
	[STREAM_COUNT_ESP_GONE] = { "esp_gone",
				    "ESP of a connection that is not there, or of no IKE SA" },
	[STREAM_COUNT_ESP_BUSY] = { "esp_busy",
				    "ESP that came in, and the worker has no room" },
	[STREAM_COUNT_IKE_LONG] = { "ike_long",
				    "IKE messages of more than 20,480 octets" },
	[STREAM_COUNT_ESP_ASTRAY] = { "esp_astray",
				      "ESP for another peer than the connection's" },
};

const char *stream_count_name(enum stream_count what)
{
	return counts[what].name;
}

const char *stream_count_text(enum stream_count what)
{
	return counts[what].text;
}
