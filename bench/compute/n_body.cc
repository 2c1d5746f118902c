// SPDX-License-Identifier: Apache-2.0
//
// n-body: the Sun and the four giant planets under their gravity, symplectic Euler steps of 0.01 days; prints the
// energy before and after.

#include <array>
#include <cmath>
#include <numbers>

#include "measure.h"

namespace {

constexpr double kSolarMass = 4 * std::numbers::pi * std::numbers::pi;
constexpr double kYear = 365.24;

struct Body {
  double position[3];
  double velocity[3];  ///< per year
  double mass;
};
using System = std::array<Body, 5>;

constexpr Body planet(double x, double y, double z, double vx, double vy, double vz, double mass) {
  return {{x, y, z}, {vx * kYear, vy * kYear, vz * kYear}, mass * kSolarMass};
}

System solar_system() {
  System bodies = {Body{{0, 0, 0}, {0, 0, 0}, kSolarMass},
                   planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694,
                          0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
                   planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899,
                          0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
                   planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618,
                          0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
                   planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322,
                          0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451)};
  for (int axis = 0; axis < 3; ++axis) {
    double momentum = 0;
    for (const Body& body : bodies) momentum += body.velocity[axis] * body.mass;
    bodies[0].velocity[axis] = -momentum / kSolarMass;
  }
  return bodies;
}

void step(System& bodies, double dt) {
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    for (std::size_t j = i + 1; j < bodies.size(); ++j) {
      double away[3], squared = 0;
      for (int axis = 0; axis < 3; ++axis) {
        away[axis] = bodies[i].position[axis] - bodies[j].position[axis];
        squared += away[axis] * away[axis];
      }
      const double pull = dt / (squared * std::sqrt(squared));
      for (int axis = 0; axis < 3; ++axis) {
        bodies[i].velocity[axis] -= away[axis] * bodies[j].mass * pull;
        bodies[j].velocity[axis] += away[axis] * bodies[i].mass * pull;
      }
    }
  }
  for (Body& body : bodies) {
    for (int axis = 0; axis < 3; ++axis) body.position[axis] += dt * body.velocity[axis];
  }
}

double energy(const System& bodies) {
  double sum = 0;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto& v = bodies[i].velocity;
    sum += bodies[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2;
    for (std::size_t j = i + 1; j < bodies.size(); ++j) {
      const auto &a = bodies[i].position, &b = bodies[j].position;
      sum -= bodies[i].mass * bodies[j].mass / std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    }
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  const int steps = bench::size_argument(count, arguments);
  bench::measure(1, [steps] {
    System bodies = solar_system();
    std::printf("%.9f\n", energy(bodies));
    for (int i = 0; i < steps; ++i) step(bodies, 0.01);
    std::printf("%.9f\n", energy(bodies));
  });
}
