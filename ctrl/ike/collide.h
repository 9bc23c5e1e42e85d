/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gives way when the exchanges of both sides meet (RFC 7296 sections 2.8.1,
 * 2.8.2 and 2.25), as a table: of what happens and what is so here, the first row
 * that applies says what is done. tools/collisions makes a model of the same rows,
 * and tests/tools/test_collisions looks at all that can become of it.
 */
#ifndef CYG_IKE_COLLIDE_H
#define CYG_IKE_COLLIDE_H

/* clang-format off */

/* What happens. */
#define COLLIDE_EVENTS(X)                                                      \
	X(ASKED_CHILD)	     /* the peer wants a child, new or rekeyed */      \
	X(ASKED_REKEY_CHILD) /* and rekeys that one */                         \
	X(ASKED_REKEY_IKE)                                                     \
	X(ANSWERED_CHILD)    /* what the peer's rekeying makes is here */       \
	X(ANSWERED_IKE)                                                        \
	X(MADE_CHILD)	     /* what our rekeying made is here */              \
	X(MADE_IKE)                                                            \
	X(REFUSED_CHILD)     /* our rekeying is refused */

/* What may be so; any of them at once. */
#define COLLIDE_FACTS(X)                                                       \
	X(WE_REKEY_IKE,	    0x001) /* ours is under way */                     \
	X(WE_MAKE_CHILD,    0x002) /* likewise, of whichever child */          \
	X(WE_MAKE_IT,	    0x004) /* the child, that we do not have yet */    \
	X(WE_REKEY_IT,	    0x008) /* the same child as the peer */            \
	X(HAS_HEIR,	    0x010) /* another IKE SA is in the place of this */ \
	X(IKE_IS_DELETED,   0x020) /* here, or is about to be */               \
	X(CHILD_IS_UNKNOWN, 0x040)                                             \
	X(CHILD_IS_DELETED, 0x080) /* here, or is about to be */               \
	X(HAS_RIVAL,	    0x100) /* the peer's rekeying of the same */       \
	X(OURS_IS_LOWER,    0x200) /* it has the lowest of the four nonces */  \
	X(SAYS_LATER,	    0x400) /* TEMPORARY_FAILURE */                     \
	X(SAYS_UNKNOWN,	    0x800) /* CHILD_SA_NOT_FOUND */

/* What is done. */
#define COLLIDE_DEEDS(X)                                                       \
	X(ACCEPT)                                                              \
	X(SAY_LATER)   /* TEMPORARY_FAILURE */                                 \
	X(SAY_UNKNOWN) /* CHILD_SA_NOT_FOUND */                                \
	X(REMEMBER)    /* ours decides when it is made */                      \
	X(REPLACE)     /* the new one takes the place of the old one */        \
	X(SPARE)       /* it is one too many: the peer deletes it */           \
	X(DELETE_OLD)                                                          \
	X(DELETE_NEW)                                                          \
	X(AGAIN_SOON)                                                          \
	X(AGAIN_LATER)                                                         \
	X(ANEW)	       /* a new one in the place of the old one */

/* Two facts that must be so, and the deed. */
#define COLLIDE_ROWS(X)\
	X(ASKED_CHILD,       WE_REKEY_IKE,     ANYTHING,      SAY_LATER)              \
	X(ASKED_CHILD,       HAS_HEIR,         ANYTHING,      SAY_LATER)              \
	X(ASKED_CHILD,       IKE_IS_DELETED,   ANYTHING,      SAY_LATER)              \
	X(ASKED_CHILD,       ANYTHING,         ANYTHING,      ACCEPT)                 \
	X(ASKED_REKEY_CHILD, CHILD_IS_UNKNOWN, WE_MAKE_IT,    SAY_LATER)              \
	X(ASKED_REKEY_CHILD, CHILD_IS_UNKNOWN, ANYTHING,      SAY_UNKNOWN)            \
	X(ASKED_REKEY_CHILD, CHILD_IS_DELETED, ANYTHING,      SAY_LATER)              \
	X(ASKED_REKEY_CHILD, ANYTHING,         ANYTHING,      ACCEPT)                 \
	X(ASKED_REKEY_IKE,   WE_MAKE_CHILD,    ANYTHING,      SAY_LATER)              \
	X(ASKED_REKEY_IKE,   HAS_HEIR,         ANYTHING,      SAY_LATER)              \
	X(ASKED_REKEY_IKE,   IKE_IS_DELETED,   ANYTHING,      SAY_LATER)              \
	X(ASKED_REKEY_IKE,   ANYTHING,         ANYTHING,      ACCEPT)                 \
	X(ANSWERED_CHILD,    WE_REKEY_IT,      ANYTHING,      REMEMBER)               \
	X(ANSWERED_CHILD,    ANYTHING,         ANYTHING,      REPLACE)                \
	X(ANSWERED_IKE,      IKE_IS_DELETED,   ANYTHING,      SAY_LATER)              \
	X(ANSWERED_IKE,      WE_REKEY_IKE,     ANYTHING,      REMEMBER)               \
	X(ANSWERED_IKE,      HAS_HEIR,         ANYTHING,      SPARE)                  \
	X(ANSWERED_IKE,      ANYTHING,         ANYTHING,      REPLACE)                \
	X(MADE_CHILD,        HAS_RIVAL,        OURS_IS_LOWER, DELETE_NEW)             \
	X(MADE_CHILD,        ANYTHING,         ANYTHING,      DELETE_OLD)             \
	X(MADE_IKE,          HAS_RIVAL,        OURS_IS_LOWER, DELETE_NEW)             \
	X(MADE_IKE,          ANYTHING,         ANYTHING,      DELETE_OLD)             \
	X(REFUSED_CHILD,     SAYS_UNKNOWN,     ANYTHING,      ANEW)                   \
	X(REFUSED_CHILD,     SAYS_LATER,       ANYTHING,      AGAIN_SOON)             \
	X(REFUSED_CHILD,     ANYTHING,         ANYTHING,      AGAIN_LATER)

/* clang-format on */

#define COLLIDE_NAME(name)	  COLLIDE_##name,
#define COLLIDE_VALUE(name, bits) COLLIDE_##name = (bits),

enum collide_event { COLLIDE_EVENTS(COLLIDE_NAME) };
enum collide_fact { COLLIDE_ANYTHING = 0, COLLIDE_FACTS(COLLIDE_VALUE) };
enum collide_deed { COLLIDE_DEEDS(COLLIDE_NAME) };

/* facts: of enum collide_fact; such as no row of the event asks for may be left out. */
enum collide_deed collide(enum collide_event event, unsigned int facts);

#endif
