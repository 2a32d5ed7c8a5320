import FirebrandNN
import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport
import Glibc
import Testing

@Suite struct SchedulerTests {
    /// Two groups, with rates of 0.1 and 0.2.
    static func optimizer(_ kind: String) -> Optimizer {
        let parameters = [Tensor([1.0]).requiresGrad_(), Tensor([1.0]).requiresGrad_()]
        if kind == "Adam" {
            return Adam([ParameterGroup([parameters[0]]), ParameterGroup([parameters[1]]) { $0.lr = 0.2 }]) {
                $0.lr = 0.1
            }
        }
        return SGD([ParameterGroup([parameters[0]]), ParameterGroup([parameters[1]]) { $0.lr = 0.2 }]) { $0.lr = 0.1 }
    }

    static func momenta(_ optimizer: Optimizer) -> [Double] {
        if let adam = optimizer as? Adam { return adam.groups.map(\.options.betas.0) }
        return (optimizer as! SGD).groups.map(\.options.momentum)
    }

    private static func numbers(_ value: StateValue?) -> (any GroupNumbers)? {
        guard let value else { return nil }
        return value.numbers ?? value.number!
    }

    static func scheduler(_ name: String, _ optimizer: Optimizer, _ value: StateValue) -> LRScheduler {
        let options = value.fields!
        func number(_ name: String, _ fallback: Double) -> Double { options[name]?.number ?? fallback }
        func int(_ name: String, _ fallback: Int) -> Int { options[name]?.integer ?? fallback }
        let isCycling = options["cycle_momentum"]?.flag ?? true
        switch name {
        case "LambdaLR": return LambdaLR(optimizer) { pow(0.9, Double($0)) }
        case "MultiplicativeLR": return MultiplicativeLR(optimizer) { pow(0.9, Double($0)) }
        case "StepLR": return StepLR(optimizer, stepSize: int("step_size", 0), gamma: number("gamma", 0.1))
        case "MultiStepLR":
            return MultiStepLR(
                optimizer, milestones: options["milestones"]!.elements!.map { $0.integer! }, gamma: number("gamma", 0.1)
            )
        case "ConstantLR":
            return ConstantLR(optimizer, factor: number("factor", 1.0 / 3), totalIters: int("total_iters", 5))
        case "LinearLR":
            return LinearLR(
                optimizer, startFactor: number("start_factor", 1.0 / 3), endFactor: number("end_factor", 1),
                totalIters: int("total_iters", 5))
        case "ExponentialLR": return ExponentialLR(optimizer, gamma: number("gamma", 0))
        case "PolynomialLR":
            return PolynomialLR(optimizer, totalIters: int("total_iters", 5), power: number("power", 1))
        case "CosineAnnealingLR":
            return CosineAnnealingLR(optimizer, tMax: int("T_max", 0), etaMin: number("eta_min", 0))
        case "CosineAnnealingWarmRestarts":
            return CosineAnnealingWarmRestarts(
                optimizer, t0: int("T_0", 0), tMult: int("T_mult", 1), etaMin: number("eta_min", 0))
        case "CyclicLR":
            return CyclicLR(
                optimizer, baseLr: numbers(options["base_lr"])!, maxLr: numbers(options["max_lr"])!,
                stepSizeUp: int("step_size_up", 2000), stepSizeDown: options["step_size_down"]?.integer,
                mode: CyclicLR.Mode(rawValue: options["mode"]?.text ?? "triangular")!, gamma: number("gamma", 1),
                cycleMomentum: isCycling)
        case "OneCycleLR":
            return OneCycleLR(
                optimizer, maxLr: numbers(options["max_lr"])!, totalSteps: options["total_steps"]?.integer,
                epochs: options["epochs"]?.integer, stepsPerEpoch: options["steps_per_epoch"]?.integer,
                pctStart: number("pct_start", 0.3),
                annealStrategy: OneCycleLR.Annealing(rawValue: options["anneal_strategy"]?.text ?? "cos")!,
                cycleMomentum: isCycling, divFactor: number("div_factor", 25),
                finalDivFactor: number("final_div_factor", 1e4), threePhase: options["three_phase"]?.flag ?? false)
        case "SWALR":
            return SWALR(
                optimizer, swaLr: numbers(options["swa_lr"])!, annealEpochs: int("anneal_epochs", 10),
                annealStrategy: SWALR.Annealing(rawValue: options["anneal_strategy"]?.text ?? "cos")!)
        case "ReduceLROnPlateau":
            return ReduceLROnPlateau(
                optimizer, mode: ReduceLROnPlateau.Mode(rawValue: options["mode"]?.text ?? "min")!,
                factor: number("factor", 0.1), patience: int("patience", 10), threshold: number("threshold", 1e-4),
                thresholdMode: ReduceLROnPlateau.ThresholdMode(rawValue: options["threshold_mode"]?.text ?? "rel")!,
                cooldown: int("cooldown", 0), minLr: numbers(options["min_lr"]) ?? 0, eps: number("eps", 1e-8))
        default:
            let parts = options["parts"]!.elements!.map { part in
                scheduler(part.elements![0].text!, optimizer, part.elements![1])
            }
            if name == "ChainedScheduler" { return ChainedScheduler(parts) }
            return SequentialLR(
                optimizer, schedulers: parts, milestones: options["milestones"]!.elements!.map { $0.integer! })
        }
    }

    private static func step(_ scheduler: LRScheduler, _ step: Int) {
        if let plateau = scheduler as? ReduceLROnPlateau {
            plateau.step(1 + sin(Double(step) * 0.7) / Double(step + 1) + 0.01 * Double(step))
        } else {
            scheduler.step()
        }
    }

    private static func lists(_ row: Row, _ name: String) -> [[Double]] {
        (row.fields[name] as! [Any]).map { Row(["values": $0]).doubles("values") }
    }

    @Test("rates and momenta are PyTorch's at every step", arguments: OptimizerFixtures.schedulers.rows("schedules"))
    func schedule(_ row: Row) {
        let optimizer = SchedulerTests.optimizer(row.text("optimizer"))
        let scheduler = SchedulerTests.scheduler(
            row.text("name"), optimizer, OptimizerFixtures.value("options", of: row))
        let rates = SchedulerTests.lists(row, "rates")
        var got = [scheduler.getLastLr()]
        var momenta = [SchedulerTests.momenta(optimizer)]
        for step in 0..<rates.count - 1 {
            if step == 9 {
                let state = scheduler.stateDict().dictionary
                let isPyTorchs = OptimizerFixtures.agree(state, OptimizerFixtures.value("state", of: row))
                #expect(isPyTorchs, "\(state.pythonText)")
                let groups = StateValue.list(optimizer.stateDict().groups.map(\.dictionary))
                let haveKeys = OptimizerFixtures.agree(groups, OptimizerFixtures.value("groups", of: row))
                #expect(haveKeys, "\(groups.pythonText)")
            }
            SchedulerTests.step(scheduler, step)
            got.append(scheduler.getLastLr())
            #expect(optimizer.learningRates == scheduler.getLastLr())
            momenta.append(SchedulerTests.momenta(optimizer))
        }
        for (got, wanted) in zip(got, rates) { #expect(OptimizerFixtures.close(got, wanted, 1e-12)) }
        if row.has("momenta") {
            for (got, wanted) in zip(momenta, SchedulerTests.lists(row, "momenta")) {
                #expect(OptimizerFixtures.close(got, wanted, 1e-12))
            }
        }
    }

    @Test(
        "a schedule taken up from PyTorch's state goes on as PyTorch's",
        arguments: OptimizerFixtures.schedulers.rows("schedules"))
    func resuming(_ row: Row) throws {
        let optimizer = SchedulerTests.optimizer(row.text("optimizer"))
        let scheduler = SchedulerTests.scheduler(
            row.text("name"), optimizer, OptimizerFixtures.value("options", of: row))
        try scheduler.loadStateDict(OptimizerFixtures.value("state", of: row).fields!)
        try optimizer.loadStateDict(
            OptimizerState(
                state: [], groups: OptimizerFixtures.value("groups", of: row).elements!.map { $0.fields! }))
        let rates = SchedulerTests.lists(row, "rates")
        #expect(OptimizerFixtures.close(scheduler.getLastLr(), rates[9], 1e-12))
        for step in 9..<rates.count - 1 {
            SchedulerTests.step(scheduler, step)
            #expect(OptimizerFixtures.close(scheduler.getLastLr(), rates[step + 1], 1e-12))
        }
    }

    @Test(
        "steps out of order go by the closed forms",
        arguments: OptimizerFixtures.schedulers.rows("schedules").filter { $0.has("closed") })
    func closedForms(_ row: Row) {
        let optimizer = SchedulerTests.optimizer(row.text("optimizer"))
        let scheduler = SchedulerTests.scheduler(
            row.text("name"), optimizer, OptimizerFixtures.value("options", of: row))
        for (place, wanted) in zip(row.ints("places"), SchedulerTests.lists(row, "closed")) {
            scheduler.step(epoch: place)
            #expect(OptimizerFixtures.close(scheduler.getLastLr(), wanted, 1e-12), "step \(place)")
        }
    }

    @Test("what PyTorch refuses is refused in its words")
    func refusals() {
        let sgd = SchedulerTests.optimizer("SGD")
        func message(_ body: () -> LRScheduler) -> String? { failure { _ = body() }?.message }
        #expect(
            message { ConstantLR(sgd, factor: 1.5) }
                == "Constant multiplicative factor expected to be between 0 and 1.")
        #expect(
            message { LinearLR(sgd, startFactor: 0) }
                == "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        #expect(message { StepLR(sgd, stepSize: 0) } == "integer modulo by zero")
        #expect(message { CosineAnnealingWarmRestarts(sgd, t0: 0) } == "Expected positive integer T_0, but got 0")
        #expect(
            message { OneCycleLR(sgd, maxLr: 0.1) }
                == "You must define either total_steps OR (epochs AND steps_per_epoch)")
        #expect(
            message { CyclicLR(sgd, baseLr: [0.1], maxLr: 0.1) }
                == "base_lr must have the same length as optimizer.param_groups. base_lr has 1 values, param_groups has 2."
        )
        let adagrad = Adagrad([Tensor([1.0]).requiresGrad_()])
        #expect(
            message { OneCycleLR(adagrad, maxLr: 0.1, totalSteps: 3) }
                == "optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        #expect(message { ReduceLROnPlateau(sgd, factor: 1) } == "Factor should be < 1.0.")
        #expect(message { LambdaLR(sgd, lrLambda: [{ _ in 1 }]) } == "Expected 2 lr_lambdas, but got 1")
        #expect(
            message { SequentialLR(sgd, schedulers: [], milestones: []) }
                == "SequentialLR expects at least one scheduler, but got no scheduler.")
        #expect(
            message { SequentialLR(sgd, schedulers: [StepLR(sgd, stepSize: 1)], milestones: [2]) }?
                .hasPrefix("Sequential Schedulers expects number of schedulers provided to be one more") == true)
        #expect(
            message { ChainedScheduler([StepLR(sgd, stepSize: 1), StepLR(adagrad, stepSize: 1)]) }?
                .hasPrefix("ChainedScheduler expects all schedulers to belong to the same optimizer") == true)
        #expect(
            message { StepLR(Adagrad([Tensor([1.0]).requiresGrad_()]), stepSize: 2, lastEpoch: 3) }?
                .hasPrefix("param 'initial_lr' is not specified in param_groups[0]") == true)
        let cycle = OneCycleLR(SchedulerTests.optimizer("SGD"), maxLr: 0.1, totalSteps: 3)
        let error = failure { for _ in 0..<6 { cycle.step() } }
        #expect(error?.message == "Tried to step 4 times. The specified number of total steps is 3")
    }

    @Test("averaged parameters are PyTorch's", arguments: OptimizerFixtures.schedulers.rows("averages"))
    func averages(_ row: Row) {
        let model = Linear(3, 2)
        noGrad {
            model.weight.copy_(Tensor.arange(6).to(.float32).view(2, 3))
            model.bias!.zero_()
        }
        let isEqual = row.text("name") == "equal"
        let averaged = AveragedModel(
            of: model, in: Linear(3, 2), averaging: isEqual ? .equal : .exponential(decay: 0.9))
        for step in 0..<10 {
            noGrad {
                model.weight.mul_(0.9).add_(0.1 * Double(step))
                model.bias!.add_(0.3)
            }
            averaged.updateParameters(model)
        }
        #expect(averaged.stateDict().keys == row.fields["keys"] as? [String])
        #expect(averaged.averagedCount.item() == row.int("count"))
        #expect(OptimizerFixtures.close(averaged.module.weight.detach().toArray(), row.doubles("weight"), 1e-6))
        #expect(OptimizerFixtures.close(averaged.module.bias!.detach().toArray(), row.doubles("bias"), 1e-6))
    }
}
