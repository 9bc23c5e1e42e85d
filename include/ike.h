/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of IKEv2, one a line, with the RFC that gave it (RFC 7296 where
 * none is named) and the name that logs show. X(id, value, name).
 */
#ifndef CYG_INCLUDE_IKE_H
#define CYG_INCLUDE_IKE_H

/* clang-format off */
#define IKE_EXCHANGES(X)                                                       \
	X(IKE_SA_INIT,	   34, "IKE_SA_INIT")                                  \
	X(IKE_AUTH,	   35, "IKE_AUTH")                                     \
	X(CREATE_CHILD_SA, 36, "CREATE_CHILD_SA")                              \
	X(INFORMATIONAL,   37, "INFORMATIONAL")                                \
	X(IKE_SESSION_RESUME, 38, "IKE_SESSION_RESUME") /* RFC 5723 */          \
	X(IKE_INTERMEDIATE, 43, "IKE_INTERMEDIATE") /* RFC 9242 */              \
	X(IKE_FOLLOWUP_KE, 44, "IKE_FOLLOWUP_KE")   /* RFC 9370 */

/* Section 3.2. */
#define IKE_PAYLOADS(X)                                                        \
	X(SA,	   33, "SA")                                                   \
	X(KE,	   34, "KE")                                                   \
	X(ID_I,	   35, "IDi")                                                  \
	X(ID_R,	   36, "IDr")                                                  \
	X(CERT,	   37, "CERT")                                                 \
	X(CERTREQ, 38, "CERTREQ")                                              \
	X(AUTH,	   39, "AUTH")                                                 \
	X(NONCE,   40, "Ni/Nr")                                                \
	X(NOTIFY,  41, "N")                                                    \
	X(DELETE,  42, "D")                                                    \
	X(VENDOR,  43, "V")                                                    \
	X(TS_I,	   44, "TSi")                                                  \
	X(TS_R,	   45, "TSr")                                                  \
	X(SK,	   46, "SK")                                                   \
	X(CP,	   47, "CP")                                                   \
	X(EAP,	   48, "EAP")                                                  \
	X(SKF,	   53, "SKF") /* RFC 7383 */

/* Section 3.3.1. */
#define IKE_PROTOCOLS(X)                                                       \
	X(IKE, 1, "IKE")                                                       \
	X(AH,  2, "AH")                                                        \
	X(ESP, 3, "ESP")

/* Section 3.3.2: transform types. */
#define IKE_TRANSFORMS(X)                                                      \
	X(ENCR,	 1, "ENCR")                                                    \
	X(PRF,	 2, "PRF")                                                     \
	X(INTEG, 3, "INTEG")                                                   \
	X(KE,	 4, "KE")  /* RFC 9370; "D-H" before */                        \
	X(ESN,	 5, "ESN")                                                     \
	X(ADDKE1, 6, "ADDKE1") /* RFC 9370, and so are the others */           \
	X(ADDKE2, 7, "ADDKE2")                                                 \
	X(ADDKE3, 8, "ADDKE3")                                                 \
	X(ADDKE4, 9, "ADDKE4")                                                 \
	X(ADDKE5, 10, "ADDKE5")                                                \
	X(ADDKE6, 11, "ADDKE6")                                                \
	X(ADDKE7, 12, "ADDKE7")

#define IKE_ENCRS(X)                                                           \
	X(DES,		      2, "DES_CBC")	      /* RFC 2405 */            \
	X(3DES,		      3, "3DES_CBC")	      /* RFC 2451 */            \
	X(NULL,		     11, "NULL")	      /* RFC 2410 */            \
	X(AES_CBC,	     12, "AES_CBC")	      /* RFC 3602 */            \
	X(AES_CTR,	     13, "AES_CTR")	      /* RFC 3686, RFC 5930 */  \
	X(AES_CCM_8,	     14, "AES_CCM_8")	      /* RFC 4309, RFC 5282 */  \
	X(AES_CCM_12,	     15, "AES_CCM_12")	      /* RFC 4309, RFC 5282 */  \
	X(AES_CCM_16,	     16, "AES_CCM_16")	      /* RFC 4309, RFC 5282 */  \
	X(AES_GCM_8,	     18, "AES_GCM_8")	      /* RFC 4106, RFC 5282 */  \
	X(AES_GCM_12,	     19, "AES_GCM_12")	      /* RFC 4106, RFC 5282 */  \
	X(AES_GCM_16,	     20, "AES_GCM_16")	      /* RFC 4106, RFC 5282 */  \
	X(NULL_AES_GMAC,     21, "NULL_AES_GMAC")     /* RFC 4543 */            \
	X(CHACHA20_POLY1305, 28, "CHACHA20_POLY1305") /* RFC 7634 */

#define IKE_PRFS(X)                                                            \
	X(HMAC_MD5,	 1, "PRF_HMAC_MD5")	 /* RFC 2104 */                \
	X(HMAC_SHA1,	 2, "PRF_HMAC_SHA1")	 /* RFC 2104 */                \
	X(AES128_XCBC,	 4, "PRF_AES128_XCBC")	 /* RFC 4434 */                \
	X(HMAC_SHA2_256, 5, "PRF_HMAC_SHA2_256") /* RFC 4868 */                \
	X(HMAC_SHA2_384, 6, "PRF_HMAC_SHA2_384") /* RFC 4868 */                \
	X(HMAC_SHA2_512, 7, "PRF_HMAC_SHA2_512") /* RFC 4868 */                \
	X(AES128_CMAC,	 8, "PRF_AES128_CMAC")	 /* RFC 4615 */

#define IKE_INTEGS(X)                                                          \
	X(NONE,		      0, "NONE")                                       \
	X(HMAC_MD5_96,	      1, "HMAC_MD5_96")	      /* RFC 2403 */            \
	X(HMAC_SHA1_96,	      2, "HMAC_SHA1_96")      /* RFC 2404 */            \
	X(AES_XCBC_96,	      5, "AES_XCBC_96")	      /* RFC 3566 */            \
	X(HMAC_MD5_128,	      6, "HMAC_MD5_128")      /* RFC 2085, RFC 4595 */  \
	X(HMAC_SHA1_160,      7, "HMAC_SHA1_160")     /* RFC 4595 */            \
	X(AES_CMAC_96,	      8, "AES_CMAC_96")	      /* RFC 4494 */            \
	X(AES_128_GMAC,	      9, "AES_128_GMAC")      /* RFC 4543 */            \
	X(AES_192_GMAC,	     10, "AES_192_GMAC")      /* RFC 4543 */            \
	X(AES_256_GMAC,	     11, "AES_256_GMAC")      /* RFC 4543 */            \
	X(HMAC_SHA2_256_128, 12, "HMAC_SHA2_256_128") /* RFC 4868 */            \
	X(HMAC_SHA2_384_192, 13, "HMAC_SHA2_384_192") /* RFC 4868 */            \
	X(HMAC_SHA2_512_256, 14, "HMAC_SHA2_512_256") /* RFC 4868 */

/* Key exchange methods, "groups". */
#define IKE_KES(X)                                                             \
	X(NONE,		  0, "NONE")                                           \
	X(MODP_768,	  1, "MODP_768")      /* RFC 7296 appendix B */        \
	X(MODP_1024,	  2, "MODP_1024")     /* RFC 7296 appendix B */        \
	X(MODP_1536,	  5, "MODP_1536")     /* RFC 3526 */                   \
	X(MODP_2048,	 14, "MODP_2048")     /* RFC 3526 */                   \
	X(MODP_3072,	 15, "MODP_3072")     /* RFC 3526 */                   \
	X(MODP_4096,	 16, "MODP_4096")     /* RFC 3526 */                   \
	X(MODP_6144,	 17, "MODP_6144")     /* RFC 3526 */                   \
	X(MODP_8192,	 18, "MODP_8192")     /* RFC 3526 */                   \
	X(ECP_256,	 19, "ECP_256")	      /* RFC 5903 */                   \
	X(ECP_384,	 20, "ECP_384")	      /* RFC 5903 */                   \
	X(ECP_521,	 21, "ECP_521")	      /* RFC 5903 */                   \
	X(MODP_1024_160, 22, "MODP_1024_160") /* RFC 5114 */                   \
	X(MODP_2048_224, 23, "MODP_2048_224") /* RFC 5114 */                   \
	X(MODP_2048_256, 24, "MODP_2048_256") /* RFC 5114 */                   \
	X(ECP_224_BP,	 27, "ECP_224_BP")    /* RFC 6954 */                   \
	X(ECP_256_BP,	 28, "ECP_256_BP")    /* RFC 6954 */                   \
	X(ECP_384_BP,	 29, "ECP_384_BP")    /* RFC 6954 */                   \
	X(ECP_512_BP,	 30, "ECP_512_BP")    /* RFC 6954 */                   \
	X(CURVE25519,	 31, "CURVE_25519")   /* RFC 8031 */                   \
	X(CURVE448,	 32, "CURVE_448")     /* RFC 8031 */

/* Section 3.5. */
#define IKE_IDS(X)                                                             \
	X(IPV4_ADDR,   1, "IPV4_ADDR")                                         \
	X(FQDN,	       2, "FQDN")                                              \
	X(RFC822_ADDR, 3, "RFC822_ADDR")                                       \
	X(IPV6_ADDR,   5, "IPV6_ADDR")                                         \
	X(DER_ASN1_DN, 9, "DER_ASN1_DN")                                       \
	X(DER_ASN1_GN, 10, "DER_ASN1_GN")                                      \
	X(KEY_ID,     11, "KEY_ID")

/* Section 3.8. */
#define IKE_AUTHS(X)                                                           \
	X(RSA,	      1, "RSA")                                                \
	X(PSK,	      2, "PSK")                                                \
	X(DSS,	      3, "DSS")                                                \
	X(ECDSA_256,  9, "ECDSA_256")  /* RFC 4754 */                          \
	X(ECDSA_384, 10, "ECDSA_384")  /* RFC 4754 */                          \
	X(ECDSA_521, 11, "ECDSA_521")  /* RFC 4754 */                          \
	X(NULL,	     13, "NULL")       /* RFC 7619 */                          \
	X(SIGNATURE, 14, "SIGNATURE")  /* RFC 7427 */

/* Section 3.6: what is in CERT payloads, as far as it is known here. */
#define IKE_CERTS(X)                                                           \
	X(X509,	       4, "X509")                                              \
	X(RAW_RSA,    11, "RAW_RSA")    /* obsolete */                         \
	X(HASH_URL,   12, "HASH_URL")                                          \
	X(HASH_URLS,  13, "HASH_URLS")                                         \
	X(OCSP,	      14, "OCSP")       /* RFC 4806: a response */              \
	X(PUBLIC_KEY, 15, "PUBLIC_KEY") /* RFC 7670 */

/* Of signatures, RFC 7427 section 7. */
#define IKE_HASHES(X)                                                          \
	X(SHA1,	     1, "SHA1")                                                \
	X(SHA2_256,  2, "SHA2_256")                                            \
	X(SHA2_384,  3, "SHA2_384")                                            \
	X(SHA2_512,  4, "SHA2_512")                                            \
	X(IDENTITY,  5, "IDENTITY") /* RFC 8420 */

/* Section 3.13.1. */
#define IKE_TSS(X)                                                             \
	X(IPV4_RANGE, 7, "IPV4_ADDR_RANGE")                                    \
	X(IPV6_RANGE, 8, "IPV6_ADDR_RANGE")

/* Section 3.15. */
#define IKE_CFGS(X)                                                            \
	X(REQUEST, 1, "CFG_REQUEST")                                           \
	X(REPLY,   2, "CFG_REPLY")                                             \
	X(SET,	   3, "CFG_SET")                                               \
	X(ACK,	   4, "CFG_ACK")

/* Section 3.15.1. */
#define IKE_CFG_ATTRS(X)                                                       \
	X(IP4_ADDRESS,	  1, "INTERNAL_IP4_ADDRESS")                           \
	X(IP4_NETMASK,	  2, "INTERNAL_IP4_NETMASK")                           \
	X(IP4_DNS,	  3, "INTERNAL_IP4_DNS")                               \
	X(IP4_NBNS,	  4, "INTERNAL_IP4_NBNS")                              \
	X(IP6_ADDRESS,	  8, "INTERNAL_IP6_ADDRESS")                           \
	X(IP6_DNS,	 10, "INTERNAL_IP6_DNS")                               \
	X(IP4_SUBNET,	 13, "INTERNAL_IP4_SUBNET")                            \
	X(IP6_SUBNET,	 15, "INTERNAL_IP6_SUBNET")

/* Section 3.10.1; from 16384 on they are no errors. */
#define IKE_NOTIFIES(X)                                                        \
	X(UNSUPPORTED_CRITICAL_PAYLOAD,	   1, "UNSUPPORTED_CRITICAL_PAYLOAD")  \
	X(INVALID_IKE_SPI,		   4, "INVALID_IKE_SPI")               \
	X(INVALID_MAJOR_VERSION,	   5, "INVALID_MAJOR_VERSION")         \
	X(INVALID_SYNTAX,		   7, "INVALID_SYNTAX")                \
	X(INVALID_MESSAGE_ID,		   9, "INVALID_MESSAGE_ID")            \
	X(INVALID_SPI,			  11, "INVALID_SPI")                   \
	X(NO_PROPOSAL_CHOSEN,		  14, "NO_PROPOSAL_CHOSEN")            \
	X(INVALID_KE_PAYLOAD,		  17, "INVALID_KE_PAYLOAD")            \
	X(AUTHENTICATION_FAILED,	  24, "AUTHENTICATION_FAILED")         \
	X(SINGLE_PAIR_REQUIRED,		  34, "SINGLE_PAIR_REQUIRED")          \
	X(NO_ADDITIONAL_SAS,		  35, "NO_ADDITIONAL_SAS")             \
	X(INTERNAL_ADDRESS_FAILURE,	  36, "INTERNAL_ADDRESS_FAILURE")      \
	X(FAILED_CP_REQUIRED,		  37, "FAILED_CP_REQUIRED")            \
	X(TS_UNACCEPTABLE,		  38, "TS_UNACCEPTABLE")               \
	X(INVALID_SELECTORS,		  39, "INVALID_SELECTORS")             \
	X(UNACCEPTABLE_ADDRESSES,	  40, "UNACCEPTABLE_ADDRESSES")	/* RFC 4555 */ \
	X(UNEXPECTED_NAT_DETECTED,	  41, "UNEXPECTED_NAT_DETECTED") /* RFC 4555 */ \
	X(TEMPORARY_FAILURE,		  43, "TEMPORARY_FAILURE")             \
	X(CHILD_SA_NOT_FOUND,		  44, "CHILD_SA_NOT_FOUND")            \
	X(STATE_NOT_FOUND,		  47, "STATE_NOT_FOUND")	/* RFC 9370 */ \
	X(TS_MAX_QUEUE,			  48, "TS_MAX_QUEUE")		/* RFC 9611 */ \
	X(INITIAL_CONTACT,	       16384, "INITIAL_CONTACT")               \
	X(SET_WINDOW_SIZE,	       16385, "SET_WINDOW_SIZE")               \
	X(ADDITIONAL_TS_POSSIBLE,      16386, "ADDITIONAL_TS_POSSIBLE")        \
	X(IPCOMP_SUPPORTED,	       16387, "IPCOMP_SUPPORTED")              \
	X(NAT_DETECTION_SOURCE_IP,     16388, "NAT_DETECTION_SOURCE_IP")       \
	X(NAT_DETECTION_DESTINATION_IP, 16389, "NAT_DETECTION_DESTINATION_IP") \
	X(COOKIE,		       16390, "COOKIE")                        \
	X(USE_TRANSPORT_MODE,	       16391, "USE_TRANSPORT_MODE")            \
	X(HTTP_CERT_LOOKUP_SUPPORTED,  16392, "HTTP_CERT_LOOKUP_SUPPORTED")    \
	X(REKEY_SA,		       16393, "REKEY_SA")                      \
	X(ESP_TFC_PADDING_NOT_SUPPORTED, 16394, "ESP_TFC_PADDING_NOT_SUPPORTED") \
	X(NON_FIRST_FRAGMENTS_ALSO,    16395, "NON_FIRST_FRAGMENTS_ALSO")      \
	X(MOBIKE_SUPPORTED,	       16396, "MOBIKE_SUPPORTED")	/* RFC 4555 */ \
	X(ADDITIONAL_IP4_ADDRESS,      16397, "ADDITIONAL_IP4_ADDRESS") /* RFC 4555 */ \
	X(ADDITIONAL_IP6_ADDRESS,      16398, "ADDITIONAL_IP6_ADDRESS") /* RFC 4555 */ \
	X(NO_ADDITIONAL_ADDRESSES,     16399, "NO_ADDITIONAL_ADDRESSES") /* RFC 4555 */ \
	X(UPDATE_SA_ADDRESSES,	       16400, "UPDATE_SA_ADDRESSES")	/* RFC 4555 */ \
	X(COOKIE2,		       16401, "COOKIE2")		/* RFC 4555 */ \
	X(NO_NATS_ALLOWED,	       16402, "NO_NATS_ALLOWED")	/* RFC 4555 */ \
	X(AUTH_LIFETIME,	       16403, "AUTH_LIFETIME")		/* RFC 4478 */ \
	X(MULTIPLE_AUTH_SUPPORTED,     16404, "MULTIPLE_AUTH_SUPPORTED") /* RFC 4739 */ \
	X(ANOTHER_AUTH_FOLLOWS,	       16405, "ANOTHER_AUTH_FOLLOWS")	/* RFC 4739 */ \
	X(REDIRECT_SUPPORTED,	       16406, "REDIRECT_SUPPORTED")	/* RFC 5685 */ \
	X(REDIRECT,		       16407, "REDIRECT")		/* RFC 5685 */ \
	X(REDIRECTED_FROM,	       16408, "REDIRECTED_FROM")	/* RFC 5685 */ \
	X(TICKET_LT_OPAQUE,	       16409, "TICKET_LT_OPAQUE")	/* RFC 5723 */ \
	X(TICKET_REQUEST,	       16410, "TICKET_REQUEST")		/* RFC 5723 */ \
	X(TICKET_ACK,		       16411, "TICKET_ACK")		/* RFC 5723 */ \
	X(TICKET_NACK,		       16412, "TICKET_NACK")		/* RFC 5723 */ \
	X(TICKET_OPAQUE,	       16413, "TICKET_OPAQUE")		/* RFC 5723 */ \
	X(EAP_ONLY_AUTHENTICATION,     16417, "EAP_ONLY_AUTHENTICATION") /* RFC 5998 */ \
	X(CHILDLESS_IKEV2_SUPPORTED,   16418, "CHILDLESS_IKEV2_SUPPORTED") /* RFC 6023 */ \
	X(IKEV2_FRAGMENTATION_SUPPORTED, 16430, "IKEV2_FRAGMENTATION_SUPPORTED") /* RFC 7383 */ \
	X(SIGNATURE_HASH_ALGORITHMS,   16431, "SIGNATURE_HASH_ALGORITHMS") /* RFC 7427 */ \
	X(USE_PPK,		       16435, "USE_PPK")		/* RFC 8784 */ \
	X(PPK_IDENTITY,		       16436, "PPK_IDENTITY")		/* RFC 8784 */ \
	X(NO_PPK_AUTH,		       16437, "NO_PPK_AUTH")		/* RFC 8784 */ \
	X(INTERMEDIATE_EXCHANGE_SUPPORTED, 16438, "INTERMEDIATE_EXCHANGE_SUPPORTED") /* RFC 9242 */ \
	X(ADDITIONAL_KEY_EXCHANGE,     16441, "ADDITIONAL_KEY_EXCHANGE") /* RFC 9370 */ \
	X(SUPPORTED_AUTH_METHODS,      16443, "SUPPORTED_AUTH_METHODS")	/* RFC 9593 */ \
	X(SA_RESOURCE_INFO,	       16444, "SA_RESOURCE_INFO")	/* RFC 9611 */
/* clang-format on */

#define X(id, value, name) IKE_EXCH_##id = (value),
enum ike_exchange { IKE_EXCHANGES(X) };
#undef X
#define X(id, value, name) IKE_PL_##id = (value),
enum ike_payload_type { IKE_PL_NONE = 0, IKE_PAYLOADS(X) };
#undef X
#define X(id, value, name) IKE_PROTO_##id = (value),
enum ike_protocol { IKE_PROTO_NONE = 0, IKE_PROTOCOLS(X) };
#undef X
#define X(id, value, name) IKE_TF_##id = (value),
enum ike_transform_type { IKE_TRANSFORMS(X) };
#undef X
#define X(id, value, name) ENCR_##id = (value),
enum encr_id { IKE_ENCRS(X) };
#undef X
#define X(id, value, name) PRF_##id = (value),
enum prf_id { IKE_PRFS(X) };
#undef X
#define X(id, value, name) INTEG_##id = (value),
enum integ_id { IKE_INTEGS(X) };
#undef X
#define X(id, value, name) KE_##id = (value),
enum ke_id { IKE_KES(X) };
#undef X
#define X(id, value, name) IKE_ID_##id = (value),
enum ike_id_type { IKE_IDS(X) };
#undef X
#define X(id, value, name) IKE_HASH_##id = (value),
enum ike_hash { IKE_HASHES(X) };
#undef X
#define X(id, value, name) IKE_CERT_##id = (value),
enum ike_cert_encoding { IKE_CERTS(X) };
#undef X
#define X(id, value, name) IKE_AUTH_##id = (value),
enum ike_auth_method { IKE_AUTHS(X) };
#undef X
#define X(id, value, name) IKE_TS_##id = (value),
enum ike_ts_type { IKE_TSS(X) };
#undef X
#define X(id, value, name) IKE_CFG_##id = (value),
enum ike_cfg_type { IKE_CFGS(X) };
#undef X
#define X(id, value, name) IKE_ATTR_##id = (value),
enum ike_cfg_attr { IKE_CFG_ATTRS(X) };
#undef X
#define X(id, value, name) IKE_N_##id = (value),
enum ike_notify_type { IKE_NOTIFIES(X) };
#undef X

#define IKE_N_STATUS_MIN 16384 /* section 3.10.1: below it, an error */

enum ike_esn { /* transform type 5, section 3.3.2 */
	       IKE_ESN_NO = 0,
	       IKE_ESN_YES = 1,
};

#define IKE_PORT	    500	 /* section 2 */
#define IKE_NATT_PORT	    4500 /* section 2.23, RFC 3948 */
#define IKE_VERSION	    0x20 /* section 3.1: major 2, minor 0 */
#define IKE_MAJOR_MASK	    0xf0
#define IKE_FLAG_I	    0x08 /* section 3.1: from the original initiator */
#define IKE_FLAG_V	    0x10 /* could speak a higher major version */
#define IKE_FLAG_R	    0x20 /* a response */
#define IKE_CRITICAL	    0x80 /* section 3.2 */
#define IKE_ATTR_AF	    0x8000 /* section 3.3.5: value, not length */
#define IKE_ATTR_KEYLEN	    14	   /* section 3.3.5: bits */
#define IKE_LAST	    0	   /* section 3.3.1: no substructure follows */
#define IKE_MORE_PROPOSALS  2
#define IKE_MORE_TRANSFORMS 3

#define IKE_HEADER_BYTES     28U /* section 3.1 */
#define IKE_LENGTH_OFF	     24U
#define IKE_PL_HEADER_BYTES  4U	 /* section 3.2 */
#define IKE_NON_ESP_BYTES    4U	 /* RFC 3948 section 2.2: zeros before IKE */
#define IKE_SPI_BYTES	     8U	 /* of an IKE SA */
#define IKE_CHILD_SPI_BYTES  4U	 /* section 3.3.1: of AH and ESP */
#define IKE_NONCE_MIN_BYTES  16U /* section 3.9 */
#define IKE_NONCE_MAX_BYTES  256U
#define IKE_COOKIE_MAX_BYTES 64U /* section 2.6 */
#define IKE_ADDKES	     7U	 /* RFC 9370: transform types of these */
#define IKE_PPK_ID_FIXED     2	 /* RFC 8784 section 5.1: of PPK_IDENTITY */

#endif
