// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/model/ike_options.h"

#include <string.h>

#define SAME(field) (a->field == b->field)

static bool same_limits(const struct ike_options *a, const struct ike_options *b)
{
	return SAME(cookie_threshold) && SAME(cookie_threshold_ip) &&
	       SAME(block_threshold) && SAME(init_limit_half_open) &&
	       SAME(half_open_timeout) && SAME(ikesa_limit) &&
	       SAME(initiator_only);
}

bool ike_options_equal(const struct ike_options *a, const struct ike_options *b)
{
	return SAME(fragment_size) && SAME(retransmit_tries) &&
	       SAME(retransmit_timeout_ms) && SAME(retransmit_base_1000) &&
	       SAME(retransmit_jitter_percent) && SAME(retransmit_limit_ms) &&
	       SAME(inactivity_close_ike) && SAME(make_before_break) &&
	       SAME(follow_redirects) && SAME(rsa_pss) && SAME(hash_and_url) &&
	       SAME(install_virtual_ip) &&
	       strcmp(a->install_virtual_ip_on, b->install_virtual_ip_on) == 0 &&
	       SAME(install_dns) && strcmp(a->resolvconf, b->resolvconf) == 0 &&
	       same_limits(a, b) && SAME(reuse_ikesa) &&
	       SAME(ignore_acquire_ts) && SAME(close_ike_on_child_failure) &&
	       SAME(delete_rekeyed_delay);
}
