// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE's messages are libcrypto's business; packets are protected by the gateway's
 * backend, or by libcrypto's for what that lacks. What neither has is left out.
 */
#include "ctrl/control/algorithms.h"

#include <string.h>

#include "ctrl/control/words.h"
#include "ctrl/crypto/crypto.h"
#include "ctrl/crypto/provider.h"
#include "ctrl/model/suite.h"

static const struct crypto_backend *own_backend(const struct status *s)
{
	const struct crypto_backend *own = crypto_backend_by_name(s->crypto);

	return own ? own : &crypto_openssl;
}

/* Of packets; provider is libcrypto's for the same. */
static const char *packets_by(const struct status *s,
			      const struct encr_alg *encr,
			      const struct integ_alg *integ,
			      const char *provider)
{
	const struct crypto_backend *by =
		crypto_backend_for(own_backend(s), encr, integ);

	return by == &crypto_openssl ? provider : by->name;
}

/* A cipher in ESP, with a MAC that every backend has where it needs one. */
static const char *esp_by(const struct status *s, const struct encr_alg *encr,
			  const char *provider)
{
	const struct integ_alg *integ =
		encr_is_aead(encr) ? &integ_none
				   : integ_by_id(INTEG_HMAC_SHA2_256_128);

	return packets_by(s, encr, integ, provider);
}

static const char *ah_by(const struct status *s, const struct integ_alg *integ,
			 const char *provider)
{
	return packets_by(s, encr_by_id(ENCR_NULL, 0), integ, provider);
}

/* --- strongSwan's */

/* The first of its number: others differ in their keys alone. */
static bool is_first(size_t i)
{
	return i == 0 || encr_at(i - 1)->id != encr_at(i)->id;
}

static void put_encrs(struct vici_builder *b, const struct status *s, bool aead)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *alg = encr_at(i);
		const char *by = provider_of_encr(alg, buf);

		if (!by || encr_is_aead(alg) != aead || !is_first(i))
			continue;
		vici_str(b, encr_word((uint16_t)alg->id),
			 alg->not_ike ? esp_by(s, alg, by) : by);
	}
}

static void put_integs(struct vici_builder *b, const struct status *s)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; integ_at(i); i++) {
		const struct integ_alg *alg = integ_at(i);
		const char *by = provider_of_integ(alg, buf);

		if (by)
			vici_str(b, integ_word((uint16_t)alg->id),
				 alg->not_ike ? ah_by(s, alg, by) : by);
	}
}

/* Hashes that stand alone: NAT detection's. */
static void put_hashers(struct vici_builder *b)
{
	char buf[PROVIDER_STR_MAX];
	const char *by = provider_of_integ(integ_by_id(INTEG_HMAC_SHA1_96), buf);

	if (by)
		vici_str(b, "HASH_SHA1", by);
}

static void put_prfs(struct vici_builder *b)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; prf_at(i); i++) {
		const char *by = provider_of_prf(prf_at(i), buf);

		if (by)
			vici_str(b, prf_word((uint16_t)prf_at(i)->id), by);
	}
}

static void put_kes(struct vici_builder *b)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; ke_at(i); i++) {
		const char *by = provider_of_ke(ke_at(i), buf);

		if (by)
			vici_str(b, ke_word((uint16_t)ke_at(i)->id), by);
	}
}

void answer_algorithms(struct vici_builder *b, const struct status *s)
{
	vici_section(b, "encryption");
	put_encrs(b, s, false);
	vici_section_end(b);
	vici_section(b, "integrity");
	put_integs(b, s);
	vici_section_end(b);
	vici_section(b, "aead");
	put_encrs(b, s, true);
	vici_section_end(b);
	vici_section(b, "hasher");
	put_hashers(b);
	vici_section_end(b);
	vici_section(b, "prf");
	put_prfs(b);
	vici_section_end(b);
	vici_section(b, "dh");
	put_kes(b);
	vici_section_end(b);
	vici_section(b, "rng");
	vici_str(b, "RNG_STRONG", "openssl");
	vici_section_end(b);
}

/* --- ours */

static void begin(struct vici_builder *b, const char *keyword, const char *name)
{
	vici_section(b, keyword);
	vici_str(b, "name", name);
}

/* is_device: of whoever does the packets; IKE is always the CPU's. */
static void end(struct vici_builder *b, bool is_device, const char *weak)
{
	vici_str(b, "kind", is_device ? "hardware" : "software");
	vici_str(b, "weak", weak ? weak : "");
	vici_section_end(b);
}

static void put_own_encrs(struct vici_builder *b, const struct status *s)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; encr_at(i); i++) {
		const struct encr_alg *alg = encr_at(i);
		const char *by = provider_of_encr(alg, buf);

		if (!by)
			continue;
		begin(b, alg->name, encr_word((uint16_t)alg->id));
		vici_fmt(b, "key_bits", "%u",
			 alg->id == ENCR_NULL ? 0U : alg->key_bits);
		vici_str(b, "ike", alg->not_ike ? "" : by);
		vici_str(b, "esp", esp_by(s, alg, by));
		end(b, own_backend(s)->is_device, alg->weak);
	}
}

static void put_own_integs(struct vici_builder *b, const struct status *s)
{
	const struct encr_alg *cbc = encr_by_id(ENCR_AES_CBC, 128);
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; integ_at(i); i++) {
		const struct integ_alg *alg = integ_at(i);
		const char *by = provider_of_integ(alg, buf);

		if (!by)
			continue;
		begin(b, alg->name, integ_word((uint16_t)alg->id));
		vici_str(b, "ike", alg->not_ike ? "" : by);
		vici_str(b, "esp",
			 alg->iv_bytes ? "" : packets_by(s, cbc, alg, by));
		vici_str(b, "ah", ah_by(s, alg, by));
		end(b, own_backend(s)->is_device, alg->weak);
	}
}

static void put_own_prfs(struct vici_builder *b)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; prf_at(i); i++) {
		const struct prf_alg *alg = prf_at(i);
		const char *by = provider_of_prf(alg, buf);

		if (!by)
			continue;
		begin(b, alg->name, prf_word((uint16_t)alg->id));
		vici_str(b, "ike", by);
		end(b, false, alg->weak);
	}
}

static void put_own_kes(struct vici_builder *b)
{
	char buf[PROVIDER_STR_MAX];

	for (size_t i = 0; ke_at(i); i++) {
		const struct ke_alg *alg = ke_at(i);
		const char *by = provider_of_ke(alg, buf);

		if (!by)
			continue;
		begin(b, alg->name, ke_word((uint16_t)alg->id));
		vici_fmt(b, "group", "%u", (unsigned int)alg->id);
		vici_str(b, "ike", by);
		end(b, false, alg->weak);
	}
}

static void put_suites(struct vici_builder *b)
{
	for (size_t i = 0; suite_at(i); i++) {
		const struct suite *suite = suite_at(i);

		vici_section(b, suite->name);
		vici_str(b, "ike", suite->ike);
		vici_str(b, "esp", suite->esp);
		vici_str(b, "source", suite->rfc);
		vici_section_end(b);
	}
}

void answer_own_algorithms(struct vici_builder *b, const struct status *s)
{
	vici_section(b, "encryption");
	put_own_encrs(b, s);
	vici_section_end(b);
	vici_section(b, "integrity");
	put_own_integs(b, s);
	vici_section_end(b);
	vici_section(b, "prf");
	put_own_prfs(b);
	vici_section_end(b);
	vici_section(b, "key_exchange");
	put_own_kes(b);
	vici_section_end(b);
	vici_section(b, "suites");
	put_suites(b);
	vici_section_end(b);
}
