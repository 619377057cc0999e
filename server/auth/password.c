/* password: see password.h. */
#include "auth/password.h"
#include "base/check.h"
#include "base/text.h"

#include <sodium.h>
#include <string.h>

enum { PASSES = 2, MEMORY = 19 << 20 };

/* What people type when they are told to type at least ten characters; compared folded. */
static const char *const worst[] = {
    "0123456789", "1029384756", "1111111111", "1122334455", "1123581321", "123123123123", "1234512345", "12345678901", "123456789012",
    "1234567890", "123456789a", "123456789q", "1234567891", "12345qwert", "1234qwer1234", "123qwe123qwe", "1357924680", "147258369a",
    "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qaz@wsx3edc", "5201314520", "52013145201314", "9876543210", "987654321a", "a123456789",
    "a1b2c3d4e5", "aa123456789", "abc1234567", "abcd123456", "abcd1234567", "abcde12345", "abcdefghij", "admin12345", "admin123456",
    "administrator", "asdfghjkl1", "asdfghjkl;", "changeme123", "iloveyou12", "iloveyou123", "letmein123", "p@ssw0rd123", "passw0rd123",
    "password01", "password12", "password123", "password1234", "password12345", "q123456789", "q1w2e3r4t5", "q1w2e3r4t5y6", "qaz123456789",
    "qazwsx123456", "qazwsxedcrfv", "qq123456789", "qq5201314520", "qwer123456", "qwerasdfzxcv", "qwerty12345", "qwerty123456", "qwertyuiop",
    "welcome123", "woaini1314", "woaini123456", "woaini520520", "woaini5201314", "woaini521521", "wang123456", "zaq12wsxcde3", "zhang123456",
    "zxcvbnm123", "zxcvbnm123456",
};

static bool is_one_of_the_worst(str folded)
{
    for (size_t i = 0; i < sizeof worst / sizeof worst[0]; i++)
        if (str_eqz(folded, worst[i]))
            return true;
    return false;
}

/* One character, or two in turn, over and over. */
static bool is_monotonous(str s)
{
    for (size_t step = 1; step <= 2; step++) {
        size_t i = step;
        while (i < s.n && s.p[i] == s.p[i - step])
            i++;
        if (i >= s.n)
            return true;
    }
    return false;
}

/* The address, or what stands before its @, with nothing or only digits and signs added. */
static bool is_from_email(str folded, str email)
{
    ptrdiff_t at = str_chr(email, '@');
    str       name = at > 0 ? str_sub(email, 0, (size_t)at) : email;
    if (name.n < 3 || !str_starts(folded, name))
        return false;
    str rest = str_sub(folded, str_starts(folded, email) ? email.n : name.n, folded.n);
    for (size_t i = 0; i < rest.n; i++)
        if ((unsigned char)rest.p[i] >= 0x80 || (rest.p[i] >= 'a' && rest.p[i] <= 'z'))
            return false;
    return true;
}

bool password_check(str password, str email, str field, struct err *e)
{
    if (password.n > PASSWORD_MAX_BYTES)
        return err_problem(e, field, "too_long", "The password is too long");
    if (!text_valid(password))
        return err_problem(e, field, "text", "The password contains characters that cannot be used");
    if (text_length(text_nfc(e->mem, password)) < PASSWORD_MIN)
        return err_problem(e, field, "too_short", "A password needs at least %d characters", PASSWORD_MIN);
    str folded = text_fold(e->mem, password);
    if (is_from_email(folded, text_fold(e->mem, email)))
        return err_problem(e, field, "email", "The password must not be made of the e-mail address");
    if (is_monotonous(folded) || is_one_of_the_worst(folded))
        return err_problem(e, field, "common", "This password is one of the first that others try; please take another");
    return true;
}

/* The bytes that are hashed.  Text that is no UTF-8 was never accepted as a password, and is not looked at closer. */
static str bytes_of(struct arena *mem, str password)
{
    return text_valid(password) ? text_nfc(mem, password) : password;
}

static void wipe(str bytes, str password)
{
    if (bytes.p != password.p && bytes.n)
        sodium_memzero((char *)bytes.p, bytes.n);
}

void password_hash(struct arena *mem, str password, char hash[PASSWORD_HASH_SIZE])
{
    _Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "libsodium writes at most this");
    CHECK(sodium_init() >= 0);
    str bytes = bytes_of(mem, password);
    CHECK(crypto_pwhash_str_alg(hash, bytes.n ? bytes.p : "", bytes.n, PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0);
    wipe(bytes, password);
}

/* Of a password that nobody knows any more, made with today's parameters (the test demands it). */
static const char nobody[PASSWORD_HASH_SIZE] =
    "$argon2id$v=19$m=19456,t=2,p=1$+Ssgcj1vJr7t7g8o3YpM2A$7StLiB/WiD+beExHXt0C8qrXIs0bq09/cp1zZ7nSqO8";

bool password_matches(struct arena *mem, const char *hash, str password)
{
    CHECK(sodium_init() >= 0);
    str  bytes = password.n > PASSWORD_MAX_BYTES ? S("") : bytes_of(mem, password);
    char against[PASSWORD_HASH_SIZE] = "";
    strncpy(against, hash ? hash : nobody, sizeof against - 1);
    bool same = crypto_pwhash_str_verify(against, bytes.n ? bytes.p : "", bytes.n) == 0;
    wipe(bytes, password);
    return same && hash;
}

bool password_outdated(const char *hash) { return crypto_pwhash_str_needs_rehash(hash, PASSES, MEMORY) != 0; }
