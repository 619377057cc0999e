/* actor: who is asking.  Plain data, filled by auth for a request and by the command line for the system itself. */
#ifndef AUTH_ACTOR_H
#define AUTH_ACTOR_H
#include "base/err.h"
#include "base/str.h"
#include "base/value.h"

struct actor {
    int64_t    user, partner, department;   /* record ids; 0: none */
    struct value departments;               /* V_LIST of V_REF: the department and all below it; V_NULL: none */
    const str *roles; size_t nroles;        /* names */
    bool       system;                      /* the program itself: no rights are asked */
    bool       active;
    enum lang  lang;
    int64_t    session;                     /* 0: a token */
    str        name, email;
};
#endif
