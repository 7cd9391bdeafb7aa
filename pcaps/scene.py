"""scene - a capture to make, and what is true of it (the format of TRUTH.json)."""
SCENES = []


class Scene:
    def __init__(self, build, file, how, vantage, severity, expect, never, options):
        self.build, self.file, self.how, self.vantage = build, file, how, vantage
        self.severity, self.expect, self.never, self.options = severity, expect, never, options
        self.name = file.split(".")[0]

    def make(self, craft, path):
        truths = []
        net = self.build(lambda c, *a, **k: truths.append(truth(c, *a, **k)))
        how = net if isinstance(net, tuple) else (net, {})
        how[0].write(path, **how[1])
        record = {"file": self.file, "scenario": self.name, "how": " ".join(self.how.split()), "vantage": self.vantage,
                  "sessions": truths, "max_severity_allowed": self.severity}
        if self.expect:
            record["expect_capture"] = self.expect
        if self.never:
            record["forbid_capture"] = self.never
        if self.options:
            record["options"] = self.options
        return record


def scene(file, how, vantage="client", severity=None, expect=(), never=(), options=()):
    """Registers a function that takes `true` and returns a craft.Net, or one and keywords for its write.

    expect, never: rules that must, must not be told of the capture. options: of the command line; HERE/ is the folder.
    """
    def register(build):
        SCENES.append(Scene(build, file, how, vantage, severity, list(expect), list(never), list(options)))
        return build
    return register


def address(ip, port):
    return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"


def truth(c, outcome, accepted=None, primary=(), also=(), forbid=(), allow=(), points=()):
    """primary empty: nothing made this session fail. allow: rules of later days that may be told, too."""
    record = {"client": address(c.ip["client"], c.port["client"]), "server": address(c.ip["server"], c.port["server"]),
              "outcome_truth": outcome, "expect_primary": list(primary), "expect_also": list(also),
              "forbid": list(forbid), "points_to": list(points), "messages_accepted": accepted}
    if allow:
        record["allow"] = list(allow)
    return record
