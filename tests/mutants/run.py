#!/usr/bin/env python3
"""Draws mutants of the headers and runs the tests against them: do the tests notice?

    tests/mutants/run.py                      40 mutants of seed 1
    tests/mutants/run.py --seed 7 --count 20 --only record --jobs 4
    tests/mutants/run.py --operator 'missing refusal' --count 1000
    tests/mutants/run.py --since v0.1.0 --by-folder     in lines that were added since, as many in each folder

A mutant is one operator (operators.py) at one line. The operators take turns, so that each kind of mistake is drawn as
often as the others; within an operator every place is as likely as another. With --by-folder the operator whose turn it is
goes to the folder that has the fewest mutants. The same seed draws the same mutants as long as their lines stay as they
are.

A line counts as covered if gcov saw a test of its family run it, or, where the line is a constant outside all functions, if
a test of the family runs any line of its header. The family of include/satur/FOLDER/ is tests/FOLDER/; FAMILIES has the
exceptions. Of a family only the files run that include the header: first the one of the same name, then those that run the
line, then the others, until one fails. Everything is compiled with -O1 --coverage and for one instruction set; tests/simd,
which is about the choice between them, for all. All tests have to pass with these flags first, in a quarter of the limit. A
family that does not is named and left out. Tests of a library that is not installed (PACKAGES) are left out alone.

With --unmeasured no coverage is measured: mutants are drawn in lines that no test runs too, the tests that name the header, or
share words with its path, come first, at most --most of them, and a test that notices a mutant is then run without it.

A mutant that does not compile is drawn again. The limit, 180 s, is for all test programs of a mutant together: one that is
beyond it has timed out. That counts as caught, because ctest has a limit too. A mutant that changes nothing which a program
could notice stands in equivalents.txt, with the reason; it does not count. One that survived until a test was written for
it stands in became_tests.txt. Exit status: 0 if at least 95 % of the others were caught, 1 if not, 2 if there was nothing
to run.

Needs g++ with gcov ($CXX, $GCOV: others), python3, and the headers of doctest and xtensor. Results are kept in
build/mutants/: a test is measured, and run against a mutant, again only after one of the files that it includes changed.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import operators

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)), ROOT)
HEADERS = 'include/satur'
# A folder whose tests are not, or not only, in the folder of its name.
FAMILIES = {
    'observe': ['observe', 'record'],  # the passes are tested with the records that they fill
    'format': ['format', 'record'],  # and so are the formats
}
# Tests of bridges: the packages that they need, by pkg-config's names, and what starts them.
PACKAGES = {'adapt/eigen': 'eigen3', 'adapt/armadillo': 'armadillo', 'adapt/mpi': 'ompi-cxx'}
STARTED_BY = {'adapt/mpi': ['mpirun', '--oversubscribe', '-n', '4']}
LEFT_OUT = {'adapt/torch'}  # its headers take the compiler a minute for each mutant; tests/bridges.sh runs it


def options_of(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--seed', default='1', help='any text; 1 if not given')
    p.add_argument('--count', type=int, default=40, help='mutants that compile; 40 if not given')
    p.add_argument('--only', action='append', metavar='FOLDER', help='of include/satur; can be given again')
    p.add_argument('--operator', action='append', choices=operators.OPERATORS, metavar='NAME',
                   help="of OPERATORS in operators.py, as 'missing refusal'; can be given again")
    p.add_argument('--since', metavar='COMMIT', help='only lines that were added after it')
    p.add_argument('--by-folder', action='store_true', help='as many mutants in each folder')
    p.add_argument('--unmeasured', action='store_true',
                   help='in lines that no test runs too; tests are not measured, only run as they are once one notices')
    p.add_argument('--most', type=int, default=1000, metavar='TESTS', help='test files for one mutant; all if not given')
    p.add_argument('--at', metavar='FILE:LINE', help='every mutant of one line, as record/saturation.hpp:98')
    p.add_argument('--jobs', type=int, default=os.cpu_count() or 2, help='compilers and tests at a time')
    p.add_argument('--limit', type=float, default=180.0, metavar='SECONDS', help='for the tests of one mutant; 180')
    p.add_argument('--list', action='store_true', help='draws only (coverage is still measured)')
    p.add_argument('--keep', action='store_true', help="keeps each mutant's tree, in build/mutants/trees/")
    p.add_argument('--include', action='append', default=[], metavar='DIR', help='more folders of headers')
    p.add_argument('--libs', default='-lopenblas', metavar='FLAGS', help='what tests are linked with; -lopenblas')
    p.add_argument('--flags', default='', metavar='FLAGS', help='more flags of the compiler')
    p.add_argument('--shared', default=os.path.join(ROOT, '..', 'shared'), metavar='DIR', help='tables that may be absent')
    p.add_argument('--result', metavar='FILE', help='a second copy of what is printed')
    p.add_argument('--table', metavar='FILE', help='numbers by folder, in Markdown')
    return p.parse_args(arguments)


# ---- running commands --------------------------------------------------------------------------------------------------


def bounded():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))


def run(command, limit, environment=None):
    """(exit status, output); None for the status if it took longer than the limit."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, preexec_fn=bounded, env=environment)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output.decode(errors='replace')
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output.decode(errors='replace')


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


# ---- the tests and what they include -----------------------------------------------------------------------------------

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)


class Sources:
    """What a file of the project includes, and what that includes."""

    def __init__(self):
        self.direct = {}
        self.lock = threading.Lock()

    def included_by(self, path):
        with self.lock:
            all_files, waiting = set(), [path]
            while waiting:
                file = waiting.pop()
                if file in all_files:
                    continue
                all_files.add(file)
                if file not in self.direct:
                    places = [os.path.dirname(file), 'include', 'tests', 'examples']
                    self.direct[file] = []
                    for name in INCLUDE.findall(read(file)):
                        for place in places:
                            candidate = os.path.normpath(os.path.join(place, name))
                            if os.path.isfile(os.path.join(ROOT, candidate)):
                                self.direct[file].append(candidate)
                                break
                waiting += self.direct[file]
            return all_files


class Test:
    """A test file, and what a run of it without mutants showed."""

    def __init__(self, path):
        self.path = path
        self.family = path.split('/')[1]
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.all_levels = self.family == 'simd' and '// levels: all' in read(path).split('\n')[:5]
        self.packages = PACKAGES.get('%s/%s' % (self.family, self.name), '')
        self.started_by = STARTED_BY.get('%s/%s' % (self.family, self.name), [])
        self.extra = []  # flags for the packages
        self.key = ''  # of all that it is made of
        self.includes = set()
        self.direct = set()  # those that it names itself
        self.lines = {}  # header -> lines that it runs
        self.idle = {}  # header -> lines that it could run and does not
        self.passed = False
        self.message = ''
        self.seconds = 0.0


class Builder:

    def __init__(self, options):
        self.options = options
        self.build = os.path.join('build', 'mutants')
        self.compiler = os.environ.get('CXX', 'g++').split()
        self.gcov = os.environ.get('GCOV', 'gcov').split()
        self.coverage = [] if options.unmeasured else ['--coverage']
        self.flags = ['-std=c++20', '-O1', '-w', '-pthread', '-DDOCTEST_CONFIG_SUPER_FAST_ASSERTS',
                      '-DSATUR_SHARED_DIR="%s"' % os.path.abspath(options.shared),
                      '-DSATUR_TESTS_DIR="%s"' % os.path.join(ROOT, 'tests')]
        self.flags += self.coverage + options.flags.split()
        self.places = ['-Itests', '-Iexamples'] + ['-isystem' + place for place in options.include]
        os.makedirs(os.path.join(ROOT, self.build), exist_ok=True)
        status, version = run(self.compiler + ['--version'], 60)
        self.version = version.split('\n')[0]
        self.main = os.path.join(self.build, 'main-%s.o' % self.digest(self.version))
        if not os.path.isfile(os.path.join(ROOT, self.main)):
            status, output = run(self.compiler + ['-std=c++20', '-O1', '-w'] + self.places +
                                 ['-c', 'tests/main.cpp', '-o', self.main], 600)
            if status != 0:
                sys.exit('tests/main.cpp does not compile:\n' + output)
        self.lock = threading.Lock()
        self.environment = dict(os.environ, OPENBLAS_NUM_THREADS='1', OMP_NUM_THREADS='2', OMPI_ALLOW_RUN_AS_ROOT='1',
                                OMPI_ALLOW_RUN_AS_ROOT_CONFIRM='1', OMPI_MCA_rmaps_base_oversubscribe='1')

    def digest(self, *texts):
        return hashlib.sha256('\0'.join(texts).encode()).hexdigest()[:16]

    def installed(self, test):
        """Whether the packages that a test needs are there; then their flags are known too."""
        if test.packages:
            status, output = run(['pkg-config', '--cflags', '--libs', test.packages], 60)
            test.extra = output.split()
            return status == 0
        return True

    def make(self, test, include, place):
        """Compiles and links a test against the headers in `include`: (program or None, output)."""
        stem = os.path.join(place, '%s-%s' % (test.family, test.name))
        flags = self.flags + ([] if test.all_levels else ['-DSATUR_NO_DISPATCH']) + ['-I' + include, '-Iinclude'] + self.places
        flags += [flag for flag in test.extra if flag.startswith('-I')]
        status, output = run(self.compiler + flags + ['-c', test.path, '-o', stem + '.o'], 900)
        if status != 0:
            return None, output
        status, output = run(self.compiler + self.coverage + ['-pthread', stem + '.o', self.main, '-o', stem] +
                             self.options.libs.split() + test.extra, 300)
        return (stem if status == 0 else None), output

    def know(self, test, sources):
        """What it includes, and the key of all that it is made of."""
        files = sorted(sources.included_by(test.path))
        test.includes = {f for f in files if f.startswith(HEADERS)}
        test.direct = {f for f in sources.direct[test.path] if f.startswith(HEADERS)}
        test.key = self.digest(self.version, ' '.join(self.flags + test.extra), *(read(f) for f in files))

    def measure(self, test):
        """Runs the test as it is, and reads from gcov which lines of headers it ran."""
        key = test.key
        place = os.path.join(self.build, 'coverage', '%s-%s' % (test.family, test.name))
        record = os.path.join(ROOT, place + '.json')
        if os.path.isfile(record):
            with open(record, encoding='utf-8') as file:
                known = json.load(file)
            if known['key'] == key:
                test.lines = {header: set(lines) for header, lines in known['lines'].items()}
                test.idle = {header: set(lines) for header, lines in known['idle'].items()}
                test.passed, test.seconds, test.message = True, known['seconds'], ''
                return
        shutil.rmtree(os.path.join(ROOT, place), ignore_errors=True)
        os.makedirs(os.path.join(ROOT, place))
        program, output = self.make(test, 'include', place)
        if program is None:
            test.message = 'does not build: ' + first_error(output)
            return
        begun = time.monotonic()
        status, output = run(test.started_by + [os.path.join(ROOT, program)], 600, self.environment)
        test.seconds = time.monotonic() - begun
        if status != 0:
            test.message = 'fails: ' + failing_test(output)
            return
        if test.seconds > 0.25 * self.options.limit:
            test.message = 'takes %.0f s' % test.seconds
            return
        output = ''
        if self.coverage:
            status, output = run(self.gcov + ['--json-format', '--stdout', program + '.gcda'], 600)
        for line in output.split('\n'):
            if line.startswith('{'):
                for file in json.loads(line)['files']:
                    header = os.path.normpath(os.path.relpath(os.path.join(ROOT, file['file']), ROOT))
                    if header.startswith(HEADERS):
                        for entry in file['lines']:
                            kind = test.lines if entry['count'] > 0 else test.idle
                            kind.setdefault(header, set()).add(entry['line_number'])
        if self.coverage and not test.lines and any(f.startswith(HEADERS) for f in test.includes):
            test.message = 'gcov read nothing: ' + output[:300]
            return
        test.passed = True
        with open(record, 'w', encoding='utf-8') as file:
            json.dump({'key': key, 'seconds': test.seconds,
                       'lines': {header: sorted(lines) for header, lines in test.lines.items()},
                       'idle': {header: sorted(lines) for header, lines in test.idle.items()}}, file)
        shutil.rmtree(os.path.join(ROOT, place), ignore_errors=True)


def first_error(output):
    found = re.search(r'^.*(?:error|undefined reference|cannot find).*$', output, re.MULTILINE)
    return found.group()[:200] if found else output[-200:]


def failing_test(output):
    """The name of the first test case that fails, in what doctest prints."""
    error = re.search(r'^\S+:\d+: (?:FATAL )?ERROR', output, re.MULTILINE)
    names = re.findall(r'^TEST CASE:\s*(.*)$', output[:error.start()] if error else output, re.MULTILINE)
    return names[-1].strip() if names else (output.strip().split('\n') or [''])[-1][:120]


# ---- drawing -----------------------------------------------------------------------------------------------------------

CONSTANT = re.compile(r"\s*(?:static |inline )*constexpr [^()]*(?: = |\{)"  # constexpr double x = 1.0
                      r"|\s*-?[0-9][-+0-9a-fA-FxpP.' ]*[,;}]"  # a row of a table
                      r"|\s*[\w:<>]+ \w+ = [-\w.:<>(){}]+;")  # the default of a member
CONSTANT_OPERATORS = ('changed constant', 'off by one', 'exchanged function', 'exchanged name', 'sign')


class Candidate:

    def __init__(self, header, text, mutant):
        self.header, self.mutant = header, mutant
        self.line = text.count('\n', 0, mutant.first) + 1
        self.last_line = text.count('\n', 0, max(mutant.first, mutant.last - 1)) + 1
        start = text.rfind('\n', 0, mutant.first) + 1
        end = text.find('\n', mutant.last)
        self.before = ' '.join(text[start:end].split())
        self.after = ' '.join((text[start:mutant.first] + mutant.by + text[mutant.last:end]).split())
        self.text = text
        self.folder = header.split('/')[2]
        self.verdict = ''  # caught, survived, timed out; or does not compile, equivalent
        self.by = ''
        self.spent = 0.0
        self.waiting = []  # tests
        self.place = ''

    def mutated(self):
        return self.text[:self.mutant.first] + self.mutant.by + self.text[self.mutant.last:]

    def runs(self, lines):
        return any(line in lines for line in range(self.line, self.last_line + 1))


def added_since(commit):
    """{header: its lines that were added or changed after a commit}"""
    difference = subprocess.run(['git', 'diff', '-U0', '--no-color', commit, '--', HEADERS], cwd=ROOT, check=True,
                                stdout=subprocess.PIPE).stdout.decode()
    added, header = {}, ''
    for line in difference.split('\n'):
        if line.startswith('+++ b/'):
            header = line[len('+++ b/'):]
        found = re.match(r'@@ -\S+ \+(\d+)(?:,(\d+))? @@', line)
        if found:
            first, count = int(found.group(1)), int(found.group(2) or 1)
            added.setdefault(header, set()).update(range(first, first + count))
    return added


def candidates_of(header, tests, measured_only):
    """Every mutant of the lines that the tests run; or of all, in a header that a test includes."""
    text = read(header)
    if not measured_only:
        if any(header in t.includes for t in tests):
            for mutant in operators.mutants_of(text):
                yield Candidate(header, text, mutant)
        return
    ran = set().union(*(t.lines.get(header, ()) for t in tests))
    measured = ran.union(*(t.idle.get(header, ()) for t in tests))
    known = text.split('\n')
    if not ran:
        return
    for mutant in operators.mutants_of(text):
        line = text.count('\n', 0, mutant.first) + 1
        last = text.count('\n', 0, max(mutant.first, mutant.last - 1)) + 1
        constant = mutant.operator in CONSTANT_OPERATORS and line not in measured and CONSTANT.match(known[line - 1])
        if constant or any(n in ran for n in range(line, last + 1)):
            yield Candidate(header, text, mutant)


def order_of(seed, candidate, occurrence):
    return hashlib.sha256('\0'.join([seed, candidate.header, candidate.before, candidate.after, candidate.mutant.operator,
                                     str(occurrence)]).encode()).digest()


def drawn(seed, candidates, by_folder):
    """An endless draw without replacement, as long as there are candidates: the operators take turns, a line comes once."""
    piles, met = {name: {} for name in operators.OPERATORS}, {}
    for c in candidates:
        same = (c.header, c.before, c.after, c.mutant.operator)
        met[same] = met.get(same, 0) + 1
        pile = piles[c.mutant.operator].setdefault(c.folder if by_folder else '', [])
        pile.append((order_of(seed, c, met[same]), c))
    turns = list(operators.OPERATORS)
    random.Random(seed).shuffle(turns)
    for folders in piles.values():
        for pile in folders.values():
            pile.sort(key=lambda pair: pair[0], reverse=True)
    lines, drawn_of = set(), {}
    while any(pile for folders in piles.values() for pile in folders.values()):
        for name in turns:
            while any(piles[name].values()):
                folder = min((f for f, pile in piles[name].items() if pile),
                             key=lambda f: (drawn_of.get(f, 0), piles[name][f][-1][0]))
                candidate = piles[name][folder].pop()[1]
                place = (candidate.header, candidate.line)
                if place not in lines:
                    lines.add(place)
                    drawn_of[folder] = drawn_of.get(folder, 0) + 1
                    yield candidate
                    break


def read_known(name, last):
    """{(header, before, after): last line of the entry}; the file says how it is written."""
    known, entry = {}, {}
    for line in read(os.path.join(HERE, name)).split('\n') + ['']:
        if line.startswith('#'):
            continue
        if not line.strip():
            if entry:
                if set(entry) != {'file', 'before', 'after', last}:
                    sys.exit('%s: an entry has file, before, after and %s; found %s' % (name, last, entry))
                known[(HEADERS + '/' + entry['file'], entry['before'], entry['after'])] = entry[last]
                entry = {}
            continue
        word, _, rest = line.partition(': ')
        entry[word] = rest.strip()
    return known


# ---- running the tests against mutants ---------------------------------------------------------------------------------


def tests_for(candidate, tests, most):
    words = set(re.findall(r'[a-z0-9]+', candidate.header[len(HEADERS) + len(candidate.folder) + 1:]))

    def rank(t):
        same_name = t.name == os.path.splitext(os.path.basename(candidate.header))[0]
        runs = candidate.runs(t.lines.get(candidate.header, ()))
        shared = len(words & set(t.name.split('_')))
        return (not runs, not same_name, candidate.header not in t.direct, -shared, t.seconds, len(t.includes), t.path)

    family = FAMILIES.get(candidate.folder, [candidate.folder])
    return sorted((t for t in tests if t.family in family and candidate.header in t.includes), key=rank)[:most]


def try_one(builder, candidate, test):
    """One test against one mutant."""
    if candidate.verdict:
        return
    known = os.path.join(ROOT, builder.build, 'verdicts', builder.digest(test.key, candidate.header, candidate.mutated()))
    if os.path.isfile(known):
        with open(known, encoding='utf-8') as file:
            candidate.verdict, candidate.by = json.load(file)
        return

    def conclude(verdict, by):
        candidate.verdict, candidate.by = verdict, by
        os.makedirs(os.path.dirname(known), exist_ok=True)
        with open(known, 'w', encoding='utf-8') as file:
            json.dump([verdict, by], file)

    program, output = builder.make(test, os.path.join(candidate.place, 'include'), candidate.place)
    if candidate.verdict:
        return
    if program is None:
        asserted = re.search(r'^(tests/\S+): error: static assertion failed', output, re.MULTILINE)
        if asserted:
            conclude('caught', asserted.group(1) + ': static_assert')
        else:
            conclude('does not compile', first_error(output))
        return
    begun = time.monotonic()
    environment = dict(builder.environment, GCOV_PREFIX=os.path.join(ROOT, candidate.place, 'gcov'))
    status, output = run(test.started_by + [os.path.join(ROOT, program)],
                         max(1.0, builder.options.limit - candidate.spent), environment)
    candidate.spent += time.monotonic() - begun
    for file in (program, program + '.o', program + '.gcno'):
        if not builder.options.keep and os.path.exists(os.path.join(ROOT, file)):
            os.remove(os.path.join(ROOT, file))
    if candidate.verdict:
        return
    if status is None:
        candidate.verdict, candidate.by = 'timed out', test.path
    elif status != 0:
        with builder.lock:
            if not test.passed:
                builder.measure(test)
            if not test.passed:
                sys.exit('%s %s, without a mutant too' % (test.path, test.message))
        conclude('caught', '%s: %s' % (test.path[len('tests/'):], failing_test(output)))
    else:
        conclude('', '')


def plant(builder, candidate, number):
    """The header with the mutant in it, in a folder that is searched first."""
    candidate.place = os.path.join(builder.build, 'trees', '%03d' % number)
    tree = os.path.join(ROOT, candidate.place)
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(os.path.dirname(os.path.join(tree, candidate.header)))
    with open(os.path.join(tree, candidate.header), 'w', encoding='utf-8') as file:
        file.write(candidate.mutated())


def work(builder, draw, count, tests, equivalents, say):
    """Runs mutants of the draw until `count` of them compile; returns these. Each mutant's tests run one after another; a
    mutant that is further in its list waits for those that are not."""
    kept, number, running, finished = [], 0, {}, False
    workers = concurrent.futures.ThreadPoolExecutor(builder.options.jobs)

    def close(c):
        c.verdict = c.verdict or 'survived'
        if not builder.options.keep and c.place:
            shutil.rmtree(os.path.join(ROOT, c.place), ignore_errors=True)
        say('%s:%d: %s: %s%s\n        before: %s\n        after:  %s' %
            (c.header, c.line, c.mutant.operator, c.verdict, ' (' + c.by + ')' if c.by else '', c.before, c.after))

    def started():
        return len([c for c in kept if c.verdict != 'does not compile'])

    while True:
        while started() < count and not finished:
            candidate = next(draw, None)
            if candidate is None:
                finished = True
                break
            number += 1
            reason = equivalents.get((candidate.header, candidate.before, candidate.after))
            kept.append(candidate)
            if reason:
                candidate.verdict, candidate.by = 'equivalent', reason
                continue
            candidate.waiting = tests_for(candidate, tests, builder.options.most)
            plant(builder, candidate, number)
        # One test of a mutant at a time while there are enough mutants; more of them if workers would be idle.
        open_ones = [c for c in kept if not c.verdict]
        while len(running) < builder.options.jobs:
            ready = [c for c in open_ones if c.waiting]
            if not ready:
                break
            c = min(ready, key=lambda c: sum(1 for r in running.values() if r is c))
            running[workers.submit(try_one, builder, c, c.waiting.pop(0))] = c
        if not running:
            if all(c.verdict for c in kept) and (finished or started() >= count):
                break
            for c in open_ones:  # none of the family's files includes it
                close(c)
            continue
        done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            c = running.pop(future)
            future.result()
            if c.place and (c.verdict or not c.waiting) and c not in running.values():
                close(c)
                c.place = ''
    return [c for c in kept if c.verdict != 'does not compile']


# ---- the whole ---------------------------------------------------------------------------------------------------------


def report(options, version, mutants, left_out):
    lines = ['seed %s, %d mutants, %s' % (options.seed, len(mutants), version)]
    for family, why in sorted(left_out.items()):
        lines.append('left out: the family %s: %s' % (family, why))
    for c in mutants:
        lines += ['', '%s:%d  %s  %s' % (c.header[len(HEADERS) + 1:], c.line, c.mutant.operator, c.verdict.upper()),
                  '  before: ' + c.before, '  after:  ' + c.after] + (['  by:     ' + c.by] if c.by else [])
    numbers = {verdict: sum(1 for c in mutants if c.verdict == verdict)
               for verdict in ('caught', 'timed out', 'survived', 'equivalent')}
    others = len(mutants) - numbers['equivalent']
    noticed = numbers['caught'] + numbers['timed out']
    share = noticed / others if others else 0.0
    lines += ['', ', '.join('%d %s' % (n, verdict) for verdict, n in numbers.items()) +
              '; noticed: %.1f %% of %d that are not equivalent' % (100.0 * share, others)]
    for name in operators.OPERATORS:
        of = [c for c in mutants if c.mutant.operator == name and c.verdict != 'equivalent']
        if of:
            lines.append('  %-22s %d of %d' % (name, sum(1 for c in of if c.verdict != 'survived'), len(of)))
    return '\n'.join(lines) + '\n', share


def table(options, version, mutants, became):
    """The numbers by folder, in Markdown."""
    def row(name, of):
        number = lambda verdicts: sum(1 for c in of if c.verdict in verdicts)
        tests = sum(1 for c in of if (c.header, c.before, c.after) in became)
        return '| %s | %d | %d | %d | %d | %d |' % (name, len(of), number(('caught', 'timed out')), tests,
                                                    number(('equivalent',)), number(('survived',)))

    where = 'lines added since commit %s' % options.since if options.since else 'all lines'
    lines = ['Seed %s, %s, %s:' % (options.seed, where, version), '',
             '| folder | mutants | caught | of these, by a test that was written for it | equivalent | survived |',
             '|---|---:|---:|---:|---:|---:|']
    lines += [row('`%s/`' % folder, [c for c in mutants if c.folder == folder]) for folder in
              sorted({c.folder for c in mutants})]
    return '\n'.join(lines + [row('all', mutants)]) + '\n'


def main():
    options = options_of(sys.argv[1:])
    begun = time.monotonic()

    def say(text):
        print('%4d s  %s' % (time.monotonic() - begun, text), file=sys.stderr, flush=True)

    builder, sources = Builder(options), Sources()
    folders = sorted(name for name in os.listdir(os.path.join(ROOT, HEADERS))
                     if os.path.isdir(os.path.join(ROOT, HEADERS, name)))
    if options.at:
        options.only = [options.at.split('/')[0]]
    wanted = [f for f in folders if not options.only or f in options.only]
    families = sorted({family for f in wanted for family in FAMILIES.get(f, [f])})
    tests = [Test('tests/%s/%s' % (family, name)) for family in families
             if os.path.isdir(os.path.join(ROOT, 'tests', family))
             for name in sorted(os.listdir(os.path.join(ROOT, 'tests', family)))
             if name.endswith('.cpp') and '%s/%s' % (family, name[:-len('.cpp')]) not in LEFT_OUT]
    for t in [t for t in tests if not builder.installed(t)]:
        say('%s is left out: %s is not installed' % (t.path, t.packages))
        tests.remove(t)
    say('%d tests of %d families, as they are' % (len(tests), len(families)))
    for t in tests:
        builder.know(t, sources)
    longest_first = sorted(tests, key=lambda t: (not t.all_levels, -len(read(t.path))))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        for t, _ in zip(longest_first, workers.map(builder.measure, [] if options.unmeasured else longest_first)):
            if not t.passed:
                say('%s %s' % (t.path, t.message))
    left_out = {t.family: '%s %s' % (t.path, t.message) for t in tests if not t.passed and not options.unmeasured}
    tests = [t for t in tests if t.family not in left_out]

    candidates = []
    for path, _, names in os.walk(os.path.join(ROOT, HEADERS)):
        for name in sorted(names):
            header = os.path.relpath(os.path.join(path, name), ROOT)
            folder = header.split('/')[2]
            family = FAMILIES.get(folder, [folder])
            if folder in wanted and not left_out.keys() & set(family):
                candidates += candidates_of(header, [t for t in tests if t.family in family], not options.unmeasured)
    candidates.sort(key=lambda c: (c.header, c.mutant.first, c.mutant.last, c.mutant.by, c.mutant.operator))
    if options.since:
        added = added_since(options.since)
        candidates = [c for c in candidates if c.line in added.get(c.header, ())]
    if options.operator:
        candidates = [c for c in candidates if c.mutant.operator in options.operator]
    if options.at:
        header, line = options.at.split(':')
        candidates = [c for c in candidates if c.header == HEADERS + '/' + header and c.line == int(line)]
        options.count = len(candidates)
        draw = iter(candidates)
    else:
        draw = drawn(options.seed, candidates, options.by_folder)
    say('%d candidates' % len(candidates))
    if options.list:
        for _ in range(options.count):
            c = next(draw, None)
            if c:
                print('%s:%d  %s\n  before: %s\n  after:  %s' %
                      (c.header[len(HEADERS) + 1:], c.line, c.mutant.operator, c.before, c.after))
        return 0
    mutants = work(builder, draw, options.count, tests, read_known('equivalents.txt', 'reason'), say)
    text, share = report(options, builder.version, mutants, left_out)
    print(text, end='')
    if options.result:
        with open(options.result, 'w', encoding='utf-8') as file:
            file.write(text)
    if options.table:
        with open(options.table, 'w', encoding='utf-8') as file:
            file.write(table(options, builder.version, mutants, read_known('became_tests.txt', 'test')))
    if not mutants:
        return 2
    return 0 if share >= 0.95 else 1


if __name__ == '__main__':
    sys.exit(main())
