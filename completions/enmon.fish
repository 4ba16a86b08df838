# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_enmon_global_optspecs
    string join \n site= o/output= y/yes v/verbose q/quiet color= h/help V/version
end

function __fish_enmon_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_enmon_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_enmon_using_subcommand
    set -l cmd (__fish_enmon_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c enmon -n "__fish_enmon_needs_command" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_needs_command" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_needs_command" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_needs_command" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_needs_command" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_needs_command" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "demo" -d 'Start a simulated garage and the controller on it, and show it live'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "init" -d 'Write a commented site file to start from'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "check" -d 'Check a site file, and prove its fail-safe'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "status" -d 'Show the state of a running site'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "control" -d 'Run, plan and steer the control loop'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "charger" -d 'List chargers and set their limits'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "breaker" -d 'List breakers'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "modbus" -d 'Read and write Modbus registers'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "query" -d 'Ask a Prometheus: a table, CSV, or a plot'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "dashboard" -d 'Make Grafana\'s dashboards from the site file'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "scrape" -d 'Edit the scrape jobs of a Prometheus'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "rule" -d 'Edit, check and test alerting and recording rules'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "site" -d 'Watch the places of the site\'s name, and move it when its place fails'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "prometheus" -d 'Keep a second Prometheus that has the same samples'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "alert" -d 'See and silence alerts, test where they go, check and apply Alertmanager\'s file'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "sim" -d 'Start the simulated devices of a site'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "man" -d 'Write the man pages into a folder'
complete -c enmon -n "__fish_enmon_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand demo" -l seconds -d 'End after so many seconds; without it, at q or Ctrl-C' -r
complete -c enmon -n "__fish_enmon_using_subcommand demo" -l seed -d 'Seed of the cars, the base load and the sun' -r
complete -c enmon -n "__fish_enmon_using_subcommand demo" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand demo" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand init" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand init" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand init" -l force -d 'Replace a file that is there'
complete -c enmon -n "__fish_enmon_using_subcommand init" -l dry-run -d 'Print what would be written, and write nothing'
complete -c enmon -n "__fish_enmon_using_subcommand init" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand init" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand init" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand init" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand check" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand check" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand check" -l online -d 'Ask every device once, too'
complete -c enmon -n "__fish_enmon_using_subcommand check" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand check" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand check" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand check" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand status" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand status" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand status" -s w -l watch -d 'Show it again after each decision: a live view on a terminal, otherwise one line for each change, or one JSON object a line'
complete -c enmon -n "__fish_enmon_using_subcommand status" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand status" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand status" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand status" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "run" -d 'Run the control loop until it is stopped'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "plan" -d 'Print the decision for a snapshot, and touch nothing'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "replay" -d 'Make recorded decisions again: the same ones, or those of another site file'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "explain" -d 'Say why a charger has its limit, now or at a moment in the past'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "status" -d 'Say whether a controller runs for the site'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "reload" -d 'Let the running controller read the site file again'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "stop" -d 'Stop the running controller; chargers are left at their fail-safe currents'
complete -c enmon -n "__fish_enmon_using_subcommand control; and not __fish_seen_subcommand_from run plan replay explain status reload stop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l log-file -d 'Log to the end of this file; without it, to stderr or, with --daemon, to controller.log in the state folder' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l log-format -d 'Form of the log' -r -f -a "text\t'A line for people'
json\t'An object for programs, one a line'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l pid-file -d 'Write the process id into this file too' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l ready-timeout -d 'With --daemon: how long the controller may take until it is ready' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l listen -d 'Where the control server listens, in place of what the site file says' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l lease -d 'Take part in a lease: one controller writes, the others follow and are ready' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l lease-time -d 'How long a renewal of the lease holds; the same for all that take part [default: 3s with a file; with Kubernetes 1.6s less the longest request to a device, but 500ms to 800ms]' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l identity -d 'Name in the lease, in place of the machine\'s' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l kubeconfig -d 'Where the cluster of the lease is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l daemon -d 'Run in the background; returns when the controller is ready'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l detached -d 'This is the process in the background'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -l accept-unproven -d 'Run although the fail-safe is not proven'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -l snapshot -d 'Snapshot of the plant, as JSON; - is stdin' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -l policy -d 'With --jsonl: whom the plan prefers' -r -f -a "fair\t'Nothing is known of cars: who has had the least goes first'
deadline\t'Energies and departures, guessed where they are not told'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -l jsonl -d 'Plan for another program: periods on stdin, limits on stdout, one JSON object a line'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from plan" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -l last -d 'Only the last so long a time of the record' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -l price -d 'Price of a kilowatt-hour, in any currency' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -l prices -d 'File with prices of a kilowatt-hour and when they begin' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from replay" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -l at -d 'The moment that is meant: a time in UTC as in the examples, or how long ago' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from explain" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -l timeout -d 'How long to wait for the outcome' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from reload" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -l timeout -d 'How long to wait for its end' -r
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run the control loop until it is stopped'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Print the decision for a snapshot, and touch nothing'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Make recorded decisions again: the same ones, or those of another site file'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say why a charger has its limit, now or at a moment in the past'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "status" -d 'Say whether a controller runs for the site'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "reload" -d 'Let the running controller read the site file again'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop the running controller; chargers are left at their fail-safe currents'
complete -c enmon -n "__fish_enmon_using_subcommand control; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "list" -d 'List all chargers with what they offer and why'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "show" -d 'Show one charger'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "set-limit" -d 'Order that a charger offers at most so much'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "pause" -d 'Order that a charger offers nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "needs" -d 'Tell the policy what the car at a charger needs: energy, departure'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "commission" -d 'Step a charger through its currents and write what was learnt into the site file'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "resume" -d 'End the order that is in force for a charger'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and not __fish_seen_subcommand_from list show set-limit pause needs commission resume help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l for -d 'How long it holds, for example 30m or 2h; none: until somebody ends it' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l why -d 'Why, for the journal and for others who wonder' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from set-limit" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l for -d 'How long it holds, for example 30m or 2h; none: until somebody ends it' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l why -d 'Why, for the journal and for others who wonder' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from pause" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l energy -d 'Energy that the car wants from now on, in kWh' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l departs-in -d 'In what time it leaves, for example 3h or 90m' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l departs-at -d 'When it leaves: the next time that the clock shows this, in UTC' -r
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l clear -d 'Forget what was said of the car'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from needs" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -l dry-run -d 'Show what would be written, and leave the site file alone; the charger is stepped all the same'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from commission" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -l direct -d 'Go straight to the devices; for when no controller runs'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from resume" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all chargers with what they offer and why'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one charger'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "set-limit" -d 'Order that a charger offers at most so much'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Order that a charger offers nothing'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "needs" -d 'Tell the policy what the car at a charger needs: energy, departure'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "commission" -d 'Step a charger through its currents and write what was learnt into the site file'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "resume" -d 'End the order that is in force for a charger'
complete -c enmon -n "__fish_enmon_using_subcommand charger; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -f -a "list" -d 'List all breakers with their state and currents'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -f -a "show" -d 'Show one breaker'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -f -a "open" -d 'Open a breaker: everything behind it loses its current'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -f -a "close" -d 'Close a breaker: everything behind it gets current again'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and not __fish_seen_subcommand_from list show open close help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -l why -d 'Why, for the journal and for others who wonder' -r
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from open" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -l why -d 'Why, for the journal and for others who wonder' -r
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from close" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all breakers with their state and currents'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one breaker'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from help" -f -a "open" -d 'Open a breaker: everything behind it loses its current'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from help" -f -a "close" -d 'Close a breaker: everything behind it gets current again'
complete -c enmon -n "__fish_enmon_using_subcommand breaker; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "read" -d 'Read registers or bits'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "write" -d 'Write registers or coils, after showing what will change'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "watch" -d 'Read the same registers again and again'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "scan" -d 'Find units on a bus, what they are, and which of their registers answer'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "profile" -d 'List, show and check device profiles, and try them on devices'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "serve" -d 'Serve a simulated device, or registers from a file'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and not __fish_seen_subcommand_from read write watch scan profile serve help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l profile -d 'Device profile, by name (see enmon modbus profile list) or file: points can be named then' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l unit -d 'Unit id; without it, the profile\'s, or 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l connector -d 'Which connector of a station with several behind one unit id, from 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l timeout -d 'How long an answer may take; without it, as the profile says, or 1s' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l gap -d 'Pause between an answer and the next request; without it, as the profile says, or none' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l word-order -d 'Order of the registers of a value: big is high word first; without it, as the profile says, or big' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l byte-order -d 'Order of the bytes in a register; without it, as the profile says, or big as Modbus does' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l ca -d 'With modbus+tls: certificates to trust (PEM), an authority\'s or the device\'s own' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l cert -d 'With modbus+tls: certificate that says to the device who you are (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l key -d 'With modbus+tls: private key of --cert (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l type -d 'Type of the values; u16 unless said otherwise, bool in bit tables' -r -f -a "bool\t''
u16\t''
i16\t''
u32\t''
i32\t''
u64\t''
i64\t''
f32\t''
f64\t''
string\t''
bits\t''
bcd\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l scale -d 'What a raw number is multiplied with: 0.001 shows mA as A' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l in -d 'Physical unit that is shown beside the values: A, V, kWh' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l mask -d 'Bits of the raw integer that count, for example 0xFF00' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l shift -d 'How far the masked integer is shifted to the right' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l count -d 'How many registers or bits; without it, those of one value' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -l raw -d 'Show the bytes on the wire in both directions, and what they mean'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from read" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l profile -d 'Device profile, by name (see enmon modbus profile list) or file: points can be named then' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l unit -d 'Unit id; without it, the profile\'s, or 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l connector -d 'Which connector of a station with several behind one unit id, from 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l timeout -d 'How long an answer may take; without it, as the profile says, or 1s' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l gap -d 'Pause between an answer and the next request; without it, as the profile says, or none' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l word-order -d 'Order of the registers of a value: big is high word first; without it, as the profile says, or big' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l byte-order -d 'Order of the bytes in a register; without it, as the profile says, or big as Modbus does' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l ca -d 'With modbus+tls: certificates to trust (PEM), an authority\'s or the device\'s own' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l cert -d 'With modbus+tls: certificate that says to the device who you are (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l key -d 'With modbus+tls: private key of --cert (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l type -d 'Type of the values; u16 unless said otherwise, bool in bit tables' -r -f -a "bool\t''
u16\t''
i16\t''
u32\t''
i32\t''
u64\t''
i64\t''
f32\t''
f64\t''
string\t''
bits\t''
bcd\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l scale -d 'What a raw number is multiplied with: 0.001 shows mA as A' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l in -d 'Physical unit that is shown beside the values: A, V, kWh' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l mask -d 'Bits of the raw integer that count, for example 0xFF00' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l shift -d 'How far the masked integer is shifted to the right' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l writes -d 'Functions that the device knows: 06 and 16 (05 and 15 for coils), only single, only multiple; without it, as the profile says, or both' -r -f -a "both\t'Single for one register, multiple for several'
single\t'Functions 06 and 05 alone; several registers are written one by one'
multiple\t'Functions 16 and 15 alone'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l every -d 'Write again and again, with this time from one write to the next' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l times -d 'With --every: end after so many writes' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l raw -d 'Show the bytes on the wire in both directions, and what they mean'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l dry-run -d 'Show what would change, and write nothing'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l force -d 'Write values, too, that are not plausible by the profile'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -l broadcast -d 'Write to all devices on a line at once (unit 0); none of them answers'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from write" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l profile -d 'Device profile, by name (see enmon modbus profile list) or file: points can be named then' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l unit -d 'Unit id; without it, the profile\'s, or 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l connector -d 'Which connector of a station with several behind one unit id, from 1' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l timeout -d 'How long an answer may take; without it, as the profile says, or 1s' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l gap -d 'Pause between an answer and the next request; without it, as the profile says, or none' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l word-order -d 'Order of the registers of a value: big is high word first; without it, as the profile says, or big' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l byte-order -d 'Order of the bytes in a register; without it, as the profile says, or big as Modbus does' -r -f -a "big\t''
little\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l ca -d 'With modbus+tls: certificates to trust (PEM), an authority\'s or the device\'s own' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l cert -d 'With modbus+tls: certificate that says to the device who you are (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l key -d 'With modbus+tls: private key of --cert (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l type -d 'Type of the values; u16 unless said otherwise, bool in bit tables' -r -f -a "bool\t''
u16\t''
i16\t''
u32\t''
i32\t''
u64\t''
i64\t''
f32\t''
f64\t''
string\t''
bits\t''
bcd\t''"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l scale -d 'What a raw number is multiplied with: 0.001 shows mA as A' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l in -d 'Physical unit that is shown beside the values: A, V, kWh' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l mask -d 'Bits of the raw integer that count, for example 0xFF00' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l shift -d 'How far the masked integer is shifted to the right' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l count -d 'How many registers or bits; without it, those of one value' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l every -d 'Time from one sample to the next' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l samples -d 'End after so many samples' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l raw -d 'Show the bytes on the wire in both directions, and what they mean'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -l changes -d 'Show a sample only when a value has changed'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from watch" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l units -d 'Unit ids to look for, for example 1-20,255' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l unit -d 'Unit whose registers are looked for' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l registers -d 'Look for registers that answer, for example holding:0-2000,input:0-100' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l each -d 'Least registers to read at once: 2 for devices that refuse half a value' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l rate -d 'Most requests a second' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l timeout -d 'How long an answer may take; without it, 300 ms while units are looked for, then 1 s' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l resume -d 'Keep what was found in this file as it goes, and go on where it ends; it is removed when the scan is complete' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l ca -d 'With modbus+tls: certificates to trust (PEM), an authority\'s or the device\'s own' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l cert -d 'With modbus+tls: certificate that says to the device who you are (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l key -d 'With modbus+tls: private key of --cert (PEM)' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -l all -d 'Look for all unit ids, the likely ones first'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from scan" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -f -a "list" -d 'List the profiles that devices can have'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -f -a "show" -d 'Show what a profile says'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -f -a "check" -d 'Check profile files, and show every mistake with its place'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -f -a "test" -d 'Read every point of a real device, and say what is plausible; nothing is written'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from profile" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l profile -d 'Serve a simulated device of this profile' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l registers -d 'Serve the registers that this file holds' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l unit -d 'Unit id of the simulated device, where it is not the profile\'s' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l listen -d 'Where to listen: modbus+tcp, modbus+rtu-tcp or modbus+tls://HOST:PORT (port 0 is any), modbus+rtu or modbus+ascii://PORT, or modbus+rtu:pty or modbus+ascii:pty for a new pseudo-terminal' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l link -d 'With a pseudo-terminal: make a link to it under this name, and remove it at the end' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l cert -d 'With modbus+tls: certificate chain, PEM' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l key -d 'With modbus+tls: private key, PEM' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l clients-ca -d 'With modbus+tls: let in only clients that this authority vouches for, PEM' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l behave -d 'Behave so, for example drop or \'delay 300ms\'' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l every -d 'Behave so for every Nth request only' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l most-connections -d 'Most connections at a time; further ones are closed' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l idle -d 'Close a connection on which nothing has come for so long' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l wear-limit -d 'Warn when a register that wears out has been written so often' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l for -d 'Stop after this time; without it, at Ctrl-C or SIGTERM' -r
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l lenient -d 'Answer at once, also where the real device sleeps, or needs pauses between requests'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l beyond-loopback -d 'Let other machines in, though nothing tells who they are'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l log -d 'Show every request'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -l commands -d 'Obey behaviours and commands on stdin'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "read" -d 'Read registers or bits'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "write" -d 'Write registers or coils, after showing what will change'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Read the same registers again and again'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "scan" -d 'Find units on a bus, what they are, and which of their registers answer'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "profile" -d 'List, show and check device profiles, and try them on devices'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Serve a simulated device, or registers from a file'
complete -c enmon -n "__fish_enmon_using_subcommand modbus; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand query" -l at -d 'Moment to look at, or where the range ends: `now`, 2026-11-03T07:00:00Z, seconds since 1970, or 90m for so long ago' -r
complete -c enmon -n "__fish_enmon_using_subcommand query" -l range -d 'Look at so much time up to then, instead of a moment' -r
complete -c enmon -n "__fish_enmon_using_subcommand query" -l step -d 'Time between two points of the range' -r
complete -c enmon -n "__fish_enmon_using_subcommand query" -l svg -d 'Write the range as a plot into an SVG file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand query" -l server -d 'Address of the server; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand query" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default prometheus.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand query" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default prometheus.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand query" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand query" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand query" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand query" -l plot -d 'Show the range as a plot'
complete -c enmon -n "__fish_enmon_using_subcommand query" -l csv -d 'Print every point as comma-separated values (RFC 4180)'
complete -c enmon -n "__fish_enmon_using_subcommand query" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand query" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand query" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand query" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -f -a "list" -d 'List the pages'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -f -a "render" -d 'Write the pages into a folder, or one to stdout'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -f -a "check" -d 'Ask a Prometheus every query of the pages, and list panels without data'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -f -a "apply" -d 'Put the pages where Grafana finds them'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and not __fish_seen_subcommand_from list render check apply help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l page -d 'Make only these pages; may be repeated' -r -f -a "site\t'Circuits, alarms, health'
chargers\t'Chargers, measured devices, the sun'
controller\t'The controller'
node\t'A machine'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l label -d 'Label that every series must have, where a Prometheus has several sites; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l runbooks -d 'Address below which the runbooks are, for links' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l with -d 'Parts that not every site has; may be repeated' -r -f -a "standby\t'Two controllers with a lease'
sensors\t'Sensors of temperature and humidity'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l page -d 'Make only these pages; may be repeated' -r -f -a "site\t'Circuits, alarms, health'
chargers\t'Chargers, measured devices, the sun'
controller\t'The controller'
node\t'A machine'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l label -d 'Label that every series must have, where a Prometheus has several sites; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l runbooks -d 'Address below which the runbooks are, for links' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l with -d 'Parts that not every site has; may be repeated' -r -f -a "standby\t'Two controllers with a lease'
sensors\t'Sensors of temperature and humidity'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from render" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l page -d 'Make only these pages; may be repeated' -r -f -a "site\t'Circuits, alarms, health'
chargers\t'Chargers, measured devices, the sun'
controller\t'The controller'
node\t'A machine'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l label -d 'Label that every series must have, where a Prometheus has several sites; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l runbooks -d 'Address below which the runbooks are, for links' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l with -d 'Parts that not every site has; may be repeated' -r -f -a "standby\t'Two controllers with a lease'
sensors\t'Sensors of temperature and humidity'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l range -d 'How far back panels over time look' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l rate-interval -d 'What stands for $__rate_interval: four times the interval of scrapes' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l server -d 'Address of the server; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default prometheus.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default prometheus.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l folder -d 'Write files into this folder' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l configmap -d 'Write into this ConfigMap' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l grafana -d 'Write into the Grafana at this address' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l token-file -d 'File with the token of a service account of Grafana, mode 0600' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l ca -d 'PEM file with what is trusted of that Grafana' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l title -d 'Title of the folder in Grafana; it is made where it is missing. By default pages stay where they are' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l kubeconfig -d 'Kubeconfig of the cluster with the ConfigMap' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l kube-context -d 'Context in the kubeconfig' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l page -d 'Make only these pages; may be repeated' -r -f -a "site\t'Circuits, alarms, health'
chargers\t'Chargers, measured devices, the sun'
controller\t'The controller'
node\t'A machine'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l label -d 'Label that every series must have, where a Prometheus has several sites; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l runbooks -d 'Address below which the runbooks are, for links' -r
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l with -d 'Parts that not every site has; may be repeated' -r -f -a "standby\t'Two controllers with a lease'
sensors\t'Sensors of temperature and humidity'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -l dry-run -d 'Show what would change, and write nothing'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the pages'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from help" -f -a "render" -d 'Write the pages into a folder, or one to stdout'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from help" -f -a "check" -d 'Ask a Prometheus every query of the pages, and list panels without data'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Put the pages where Grafana finds them'
complete -c enmon -n "__fish_enmon_using_subcommand dashboard; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "list" -d 'List the scrape jobs'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "add" -d 'Add a scrape job'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "edit" -d 'Change a scrape job, by options or in your editor'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "delete" -d 'Take a scrape job out'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "check" -d 'Check the whole configuration as Prometheus would'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "apply" -d 'Make the running server go by the file'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and not __fish_seen_subcommand_from list add edit delete check apply help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l targets -d 'Targets, as host:port' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l interval -d 'Time between two scrapes, such as 15s' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l timeout -d 'How long a scrape may take' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l path -d 'Path of the metrics' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l scheme -d 'Protocol of the targets' -r -f -a "http\t''
https\t''"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l label -d 'Label of all listed targets; may be repeated. NAME= takes a label away' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l tls-ca -d 'PEM file with what is trusted over TLS, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l tls-server-name -d 'Name that the certificate bears, where it is not the host\'s' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l basic-auth-user -d 'User of basic authentication' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l basic-auth-file -d 'File with the password of basic authentication, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l bearer-file -d 'File with a bearer token, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l kubernetes -d 'Find the targets in Kubernetes' -r -f -a "pod\t'Pods with the annotation prometheus.io/scrape: "true"'
service\t'The endpoints of services with that annotation'
node\t'The kubelet of each node'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l from-site -d 'Add the jobs of the site: its control server, and each device that serves metrics itself'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l targets -d 'Targets, as host:port' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l interval -d 'Time between two scrapes, such as 15s' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l timeout -d 'How long a scrape may take' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l path -d 'Path of the metrics' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l scheme -d 'Protocol of the targets' -r -f -a "http\t''
https\t''"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l label -d 'Label of all listed targets; may be repeated. NAME= takes a label away' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l tls-ca -d 'PEM file with what is trusted over TLS, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l tls-server-name -d 'Name that the certificate bears, where it is not the host\'s' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l basic-auth-user -d 'User of basic authentication' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l basic-auth-file -d 'File with the password of basic authentication, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l bearer-file -d 'File with a bearer token, as Prometheus sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l kubernetes -d 'Find the targets in Kubernetes' -r -f -a "pod\t'Pods with the annotation prometheus.io/scrape: "true"'
service\t'The endpoints of services with that annotation'
node\t'The kubelet of each node'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l server-version -d 'Version of the server; without it, what any version from 2.42 on takes is right' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l server -d 'Address of the server; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default prometheus.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default prometheus.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l wait -d 'How long to wait until the server goes by the file; without it 30s, for a ConfigMap 3m' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l dry-run -d 'Check the file for the version of the server, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the scrape jobs'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a scrape job'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change a scrape job, by options or in your editor'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Take a scrape job out'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the whole configuration as Prometheus would'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Make the running server go by the file'
complete -c enmon -n "__fish_enmon_using_subcommand scrape; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "list" -d 'List alerts and recording rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "add" -d 'Add a rule to a group'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "edit" -d 'Change a rule'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "delete" -d 'Take a rule out'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "check" -d 'Check rule files, and say what is doubtful about them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "test" -d 'Run promtool\'s unit tests of rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "apply" -d 'Make the running server go by the rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and not __fish_seen_subcommand_from list add edit delete check test apply help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l group -d 'Group that it is added to; made when it is not there' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l expr -d 'Expression in PromQL' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l for -d 'How long the expression must hold before the alert fires' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l keep-firing-for -d 'How long the alert stays on after that' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l severity -d 'The label `severity`, such as warning or critical' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l summary -d 'The annotation `summary`; templates such as {{ $labels.circuit }} are filled in' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l label -d 'Label that is added; may be repeated. NAME= takes a label away' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l annotation -d 'Annotation; may be repeated. NAME= takes one away' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l file -d 'Rule file; without it, the only one that the configuration names' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l record -d 'A recording rule instead of an alert'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l group -d 'Group, where several have a rule of this name' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l where -d 'Label that the rule has, where several have this name; may be repeated. NAME= means one that it lacks' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l line -d 'Line of the file on which the rule stands, where several have this name' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l expr -d 'Expression in PromQL' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l for -d 'How long the expression must hold before the alert fires' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l keep-firing-for -d 'How long the alert stays on after that' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l severity -d 'The label `severity`, such as warning or critical' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l summary -d 'The annotation `summary`; templates such as {{ $labels.circuit }} are filled in' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l label -d 'Label that is added; may be repeated. NAME= takes a label away' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l annotation -d 'Annotation; may be repeated. NAME= takes one away' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l file -d 'Rule file; without it, the only one that the configuration names' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l group -d 'Group, where several have a rule of this name' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l where -d 'Label that the rule has, where several have this name; may be repeated. NAME= means one that it lacks' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l line -d 'Line of the file on which the rule stands, where several have this name' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l file -d 'Rule file; without it, the only one that the configuration names' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l server -d 'Address of the server; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default prometheus.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default prometheus.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l server-version -d 'Version of the server; without it, what any version from 2.42 on takes is right' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l strict -d 'Doubts count as mistakes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l junit -d 'Write the outcomes as JUnit XML into this file as well' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l promtool -d 'The program promtool, where it is not found by itself' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l server -d 'Address of the server; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default prometheus.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default prometheus.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l wait -d 'How long to wait until the server goes by the file; without it 30s, for a ConfigMap 3m' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l target -d 'Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l kubeconfig -d 'Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l context -d 'Context in the kubeconfig, in place of its current one' -r
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l dry-run -d 'Check the file for the version of the server, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -l files-elsewhere -d 'The files that the configuration names are on another machine: do not look for them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "list" -d 'List alerts and recording rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a rule to a group'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change a rule'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Take a rule out'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check rule files, and say what is doubtful about them'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "test" -d 'Run promtool\'s unit tests of rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Make the running server go by the rules'
complete -c enmon -n "__fish_enmon_using_subcommand rule; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -f -a "status" -d 'Show the places, their health, where the name points, and what would be done'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -f -a "failover" -d 'Move the name to another place, by the rules or by hand'
complete -c enmon -n "__fish_enmon_using_subcommand site; and not __fish_seen_subcommand_from status failover help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l to -d 'Move the name to this place, whatever the rules say; they leave it there until it fails' -r
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l force -d 'Also to a place that is not healthy, or while too few witnesses answer'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l run -d 'Go on round by round'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -l dry-run -d 'Show what would be done, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from failover" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the places, their health, where the name points, and what would be done'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "failover" -d 'Move the name to another place, by the rules or by hand'
complete -c enmon -n "__fish_enmon_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -f -a "replicate" -d 'Have a server send its samples to a second one'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -f -a "status" -d 'Show how far the second server is behind'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -f -a "gaps" -d 'Find what the second server lacks of the first, and fill it'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and not __fish_seen_subcommand_from replicate status gaps help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l from -d 'Configuration of the server that has the samples: file:PATH; by default prometheus.config of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l to -d 'Address of the server that is to have them too' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l to-config -d 'Configuration of that server, to set which old samples it takes: file:PATH' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l window -d 'How old samples may be that it takes; as long as a cut may last that is to be filled afterwards' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l retention -d 'How long the second server keeps samples' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l external-label -d 'Label for all samples that leave the first server; by default site=a when it adds none so far' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l tls-ca -d 'PEM file with what is trusted over TLS, as the first server sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l tls-server-name -d 'Name that the certificate bears, where it is not the host\'s' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l basic-auth-user -d 'User of basic authentication' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l basic-auth-file -d 'File with the password of basic authentication, as the first server sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l bearer-file -d 'File with a bearer token, as the first server sees it' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l remove -d 'Send nothing to that server any more'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -l dry-run -d 'Show what would change, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from replicate" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l from -d 'Address of the server that has the samples; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l to -d 'Address of the server that is to have them too' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l from-ca -d 'PEM file with what is trusted at --from' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l from-token-file -d 'File with a bearer token for --from' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l to-ca -d 'PEM file with what is trusted at --to' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l to-token-file -d 'File with a bearer token for --to' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l receiver -d 'Address at which the second server takes samples, where it is not URL/api/v1/write of --to' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l max-lag -d 'How far the second server may be behind' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l from -d 'Address of the server that has the samples; by default prometheus.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l to -d 'Address of the server that is to have them too' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l from-ca -d 'PEM file with what is trusted at --from' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l from-token-file -d 'File with a bearer token for --from' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l to-ca -d 'PEM file with what is trusted at --to' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l to-token-file -d 'File with a bearer token for --to' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l match -d 'Series to look at, as a selector of PromQL; by default all' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l since -d 'Begin: how long ago, or a time such as 2026-11-28T06:00:00Z' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l until -d 'End: how long ago, or a time. What is newer may still be on its way' -r
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l fill -d 'Write what is missing into the second server'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -l dry-run -d 'Show what would be filled, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from gaps" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from help" -f -a "replicate" -d 'Have a server send its samples to a second one'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show how far the second server is behind'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from help" -f -a "gaps" -d 'Find what the second server lacks of the first, and fill it'
complete -c enmon -n "__fish_enmon_using_subcommand prometheus; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "list" -d 'List the alerts that Alertmanager has'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "silence" -d 'Keep alerts quiet for a while'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "silences" -d 'List the silences'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "expire" -d 'End silences'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "route-test" -d 'Say who gets an alert with certain labels, and by which routes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "config" -d 'Check Alertmanager\'s file, and make the running server go by it'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and not __fish_seen_subcommand_from list silence silences expire route-test config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l filter -d 'Only alerts that fit: NAME=VALUE, NAME=~EXPRESSION …, or the name of an alert; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l receiver -d 'Only those of a receiver' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l silenced -d 'Those that are silenced as well'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -l inhibited -d 'Those that other alerts inhibit as well'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l for -d 'How long' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l comment -d 'Why' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l author -d 'Who keeps them quiet; by default the user\'s name' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l everything -d 'Take matchers that nearly every alert fits'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -l dry-run -d 'Show which alerts it would hit, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silence" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -l expired -d 'Those that are over as well, as far as Alertmanager still knows them'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from silences" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l matching -d 'Matchers that the silences have; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -l dry-run -d 'Show which ones, and change nothing'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from expire" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l labels -d 'Labels of the alert' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l config -d 'Alertmanager\'s file; by default alertmanager.config of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l at -d 'The moment for which times are looked up; by default now' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l expect -d 'A receiver that must get it, and no other but these; may be repeated' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l tests -d 'YAML file with labels and their receivers' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from route-test" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -l server -l url -d 'Address of Alertmanager; by default alertmanager.url of the site file' -r
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -l ca -d 'PEM file with what is trusted over TLS; at the site\'s server by default alertmanager.ca of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -l token-file -d 'File with a bearer token, mode 0600; for the site\'s server by default alertmanager.tokenFile of the site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check Alertmanager\'s file as it would'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -f -a "apply" -d 'Make the running Alertmanager go by its file'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from config" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the alerts that Alertmanager has'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "silence" -d 'Keep alerts quiet for a while'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "silences" -d 'List the silences'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "expire" -d 'End silences'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "route-test" -d 'Say who gets an alert with certain labels, and by which routes'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "config" -d 'Check Alertmanager\'s file, and make the running server go by it'
complete -c enmon -n "__fish_enmon_using_subcommand alert; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -f -a "run" -d 'Start every device of a site on its address, with cars, base load and sun'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -f -a "test" -d 'Play scenarios, and say what held and what did not'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -f -a "list" -d 'List the scenarios that come with the program'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and not __fish_seen_subcommand_from run test list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l seed -d 'Seed of all chance: the same seed gives the same cars and loads' -r
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l speed -d 'How much faster than the devices the world goes: batteries, stays, base load, sun' -r
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l scene -d 'What goes on' -r -f -a "still\t'Nothing moves unless a command says so'
lively\t'Cars come and go within minutes, the base load jumps, clouds pass'
day\t'A working day that begins at seven in the morning'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l for -d 'Stop after this time, for example 60s; without it, at Ctrl-C or SIGTERM' -r
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l any-port -d 'Take free ports instead of those of the site file, and pseudo-terminals instead of serial ports'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l lenient -d 'Let devices answer at once, also where real ones sleep, or need pauses between requests'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l print-ports -d 'Print name and address of every device when all of them listen; JSON prints them always'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l make-certs -d 'Make missing certificates of devices over TLS; for devices that name none, ca.pem beside the site file'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -l commands -d 'Obey commands on stdin'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -l report -d 'Form of the report on stdout; without it, a table or what -o says' -r -f -a "junit\t'XML for build servers: a suite for each scenario, a case for each expectation'
json\t'The same as -o json'
html\t'One file with plots'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -l all -d 'Every scenario that comes with the program'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -l realtime -d 'Play over real sockets and protocols, in real time'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -l print -d 'Print the file of one of them, to start from' -r
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from help" -f -a "run" -d 'Start every device of a site on its address, with cars, base load and sun'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from help" -f -a "test" -d 'Play scenarios, and say what held and what did not'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the scenarios that come with the program'
complete -c enmon -n "__fish_enmon_using_subcommand sim; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand completions" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand completions" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand man" -l site -d 'Site file' -r -F
complete -c enmon -n "__fish_enmon_using_subcommand man" -s o -l output -d 'Form of the output on stdout' -r -f -a "table\t'For people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c enmon -n "__fish_enmon_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c enmon -n "__fish_enmon_using_subcommand man" -s y -l yes -d 'Answer every question with yes'
complete -c enmon -n "__fish_enmon_using_subcommand man" -s v -l verbose -d 'Say more on stderr; twice: still more'
complete -c enmon -n "__fish_enmon_using_subcommand man" -s q -l quiet -d 'Say only what went wrong'
complete -c enmon -n "__fish_enmon_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c enmon -n "__fish_enmon_using_subcommand man" -s V -l version -d 'Print version'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "demo" -d 'Start a simulated garage and the controller on it, and show it live'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "init" -d 'Write a commented site file to start from'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "check" -d 'Check a site file, and prove its fail-safe'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "status" -d 'Show the state of a running site'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "control" -d 'Run, plan and steer the control loop'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "charger" -d 'List chargers and set their limits'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "breaker" -d 'List breakers'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "modbus" -d 'Read and write Modbus registers'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "query" -d 'Ask a Prometheus: a table, CSV, or a plot'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "dashboard" -d 'Make Grafana\'s dashboards from the site file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "scrape" -d 'Edit the scrape jobs of a Prometheus'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "rule" -d 'Edit, check and test alerting and recording rules'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "site" -d 'Watch the places of the site\'s name, and move it when its place fails'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "prometheus" -d 'Keep a second Prometheus that has the same samples'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "alert" -d 'See and silence alerts, test where they go, check and apply Alertmanager\'s file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "sim" -d 'Start the simulated devices of a site'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "man" -d 'Write the man pages into a folder'
complete -c enmon -n "__fish_enmon_using_subcommand help; and not __fish_seen_subcommand_from demo init check status control charger breaker modbus query dashboard scrape rule site prometheus alert sim completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "run" -d 'Run the control loop until it is stopped'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "plan" -d 'Print the decision for a snapshot, and touch nothing'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "replay" -d 'Make recorded decisions again: the same ones, or those of another site file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "explain" -d 'Say why a charger has its limit, now or at a moment in the past'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "status" -d 'Say whether a controller runs for the site'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "reload" -d 'Let the running controller read the site file again'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from control" -f -a "stop" -d 'Stop the running controller; chargers are left at their fail-safe currents'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "list" -d 'List all chargers with what they offer and why'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "show" -d 'Show one charger'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "set-limit" -d 'Order that a charger offers at most so much'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "pause" -d 'Order that a charger offers nothing'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "needs" -d 'Tell the policy what the car at a charger needs: energy, departure'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "commission" -d 'Step a charger through its currents and write what was learnt into the site file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from charger" -f -a "resume" -d 'End the order that is in force for a charger'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from breaker" -f -a "list" -d 'List all breakers with their state and currents'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from breaker" -f -a "show" -d 'Show one breaker'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from breaker" -f -a "open" -d 'Open a breaker: everything behind it loses its current'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from breaker" -f -a "close" -d 'Close a breaker: everything behind it gets current again'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "read" -d 'Read registers or bits'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "write" -d 'Write registers or coils, after showing what will change'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "watch" -d 'Read the same registers again and again'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "scan" -d 'Find units on a bus, what they are, and which of their registers answer'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "profile" -d 'List, show and check device profiles, and try them on devices'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from modbus" -f -a "serve" -d 'Serve a simulated device, or registers from a file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from dashboard" -f -a "list" -d 'List the pages'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from dashboard" -f -a "render" -d 'Write the pages into a folder, or one to stdout'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from dashboard" -f -a "check" -d 'Ask a Prometheus every query of the pages, and list panels without data'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from dashboard" -f -a "apply" -d 'Put the pages where Grafana finds them'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "list" -d 'List the scrape jobs'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "add" -d 'Add a scrape job'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "edit" -d 'Change a scrape job, by options or in your editor'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "delete" -d 'Take a scrape job out'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "check" -d 'Check the whole configuration as Prometheus would'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from scrape" -f -a "apply" -d 'Make the running server go by the file'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "list" -d 'List alerts and recording rules'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "add" -d 'Add a rule to a group'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "edit" -d 'Change a rule'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "delete" -d 'Take a rule out'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "check" -d 'Check rule files, and say what is doubtful about them'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "test" -d 'Run promtool\'s unit tests of rules'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from rule" -f -a "apply" -d 'Make the running server go by the rules'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "status" -d 'Show the places, their health, where the name points, and what would be done'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "failover" -d 'Move the name to another place, by the rules or by hand'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from prometheus" -f -a "replicate" -d 'Have a server send its samples to a second one'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from prometheus" -f -a "status" -d 'Show how far the second server is behind'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from prometheus" -f -a "gaps" -d 'Find what the second server lacks of the first, and fill it'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "list" -d 'List the alerts that Alertmanager has'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "silence" -d 'Keep alerts quiet for a while'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "silences" -d 'List the silences'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "expire" -d 'End silences'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "route-test" -d 'Say who gets an alert with certain labels, and by which routes'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from alert" -f -a "config" -d 'Check Alertmanager\'s file, and make the running server go by it'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from sim" -f -a "run" -d 'Start every device of a site on its address, with cars, base load and sun'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from sim" -f -a "test" -d 'Play scenarios, and say what held and what did not'
complete -c enmon -n "__fish_enmon_using_subcommand help; and __fish_seen_subcommand_from sim" -f -a "list" -d 'List the scenarios that come with the program'
